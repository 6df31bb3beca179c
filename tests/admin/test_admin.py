"""Creating and managing datasets in the admin, by a person with a browser's form."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow
from pytest_django import Settings

from search.files.paths import derivative_path, originals_folder
from search.models import Dataset
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from tests.web.conftest import downloaded
from workers import tasks
from workers.models import ImageFailure, Run
from workers.registry import DERIVE

ADD = "admin:search_dataset_add"


def png() -> bytes:
    buffer = io.BytesIO()
    Pillow.new("RGB", (20, 20), "red").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def admin(staff: User, transactional_db: None) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def form(staff: User, **fields: object) -> dict[str, object]:
    return {"name": "Trip", "visibility": "public", "owner": staff.pk, "then": "index", **fields}


def test_it_makes_a_dataset_of_a_folder_below_the_roots(
    admin: Client, staff: User, make_images: MakeImages, settings: Settings
) -> None:
    folder = make_images(red="red")
    settings.IMAGE_ROOTS = [folder.parent]
    response = admin.post(reverse(ADD), form(staff, folder=str(folder)), follow=True)
    assert "Started:" in response.content.decode()
    dataset = Dataset.objects.get()
    assert (dataset.source_path, dataset.owner) == (str(folder), staff)
    assert dataset.runs.get().requested_by == staff


def test_it_refuses_a_folder_outside_the_roots(admin: Client, staff: User, tmp_path: Path) -> None:
    response = admin.post(reverse(ADD), form(staff, folder=str(tmp_path)))
    assert "CLIPSITE_IMAGE_ROOTS" in response.content.decode()
    assert not Dataset.objects.exists()


def test_it_makes_a_dataset_of_uploaded_files_and_takes_more_later(admin: Client, staff: User) -> None:
    files = [SimpleUploadedFile(name, png(), "image/png") for name in ("a.png", "b.png")]
    admin.post(reverse(ADD), form(staff, files=files))
    dataset = Dataset.objects.get()
    assert {path.name for path in Path(dataset.source_path).iterdir()} == {"a.png", "b.png"}
    Run.objects.update(state=Run.State.DONE)
    change = reverse("admin:search_dataset_change", args=[dataset.pk])
    admin.post(change, form(staff, files=[SimpleUploadedFile("c.png", png())]))
    assert (Path(dataset.source_path) / "c.png").is_file()
    assert dataset.runs.count() == 2


def test_it_makes_a_dataset_of_a_zip(admin: Client, staff: User) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("trip/a.png", png())
    admin.post(reverse(ADD), form(staff, archive=SimpleUploadedFile("trip.zip", buffer.getvalue())))
    assert (Path(Dataset.objects.get().source_path) / "trip" / "a.png").is_file()


def test_it_says_what_is_wrong_with_a_zip_and_leaves_no_dataset_behind(admin: Client, staff: User) -> None:
    response = admin.post(reverse(ADD), form(staff, archive=SimpleUploadedFile("trip.zip", b"no zip")), follow=True)
    assert "cannot be unpacked" in response.content.decode()
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(("given", "sentence"), [({}, "Say where the images are"), ({"name": ""}, "required")])
def test_it_asks_for_what_is_missing(admin: Client, staff: User, given: dict[str, str], sentence: str) -> None:
    assert sentence in admin.post(reverse(ADD), form(staff, **given)).content.decode()


def test_it_indexes_rebuilds_and_says_when_a_run_is_active(admin: Client, staff: User, make_images: MakeImages) -> None:
    dataset = Dataset.objects.create(name="Trip", slug="trip", source_path=str(make_images(red="red")))
    changelist = reverse("admin:search_dataset_changelist")
    for action in ("index", "rebuild"):
        response = admin.post(changelist, {"action": action, "_selected_action": [dataset.pk]}, follow=True)
        assert "Started:" in response.content.decode()
        again = admin.post(changelist, {"action": action, "_selected_action": [dataset.pk]}, follow=True)
        assert "is being worked on already" in again.content.decode()
        run = dataset.runs.get(state=Run.State.ACTIVE)
        cancel = {"action": "cancel", "_selected_action": [run.pk]}
        admin.post(reverse("admin:workers_run_changelist"), cancel)
        run.refresh_from_db()
        assert run.state == Run.State.CANCELLED


def test_every_list_of_the_admin_opens(admin: Client, make_images: MakeImages) -> None:
    Dataset.objects.create(name="Trip", slug="trip", source_path=str(make_images(red="red")))
    lists = ("search_dataset", "search_image", "search_indexversion", "search_encoderrecord")
    for name in (*lists, "workers_run", "workers_imagefailure"):
        assert admin.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert admin.get(reverse(ADD)).status_code == 200


@pytest.mark.parametrize("uploaded", [True, False])
def test_the_change_form_offers_more_files_for_uploaded_datasets_only(
    admin: Client, make_images: MakeImages, uploaded: bool
) -> None:
    dataset = Dataset.objects.create(name="Trip", slug="trip", source_path=str(make_images(red="red")))
    source = originals_folder(dataset.pk) if uploaded else Path(dataset.source_path)
    Dataset.objects.update(source_path=str(source))
    content = admin.get(reverse("admin:search_dataset_change", args=[dataset.pk])).content.decode()
    assert ('name="files"' in content) is uploaded
    assert str(source) in content


def test_files_larger_than_allowed_are_refused_with_the_limit(admin: Client, staff: User, settings: Settings) -> None:
    settings.MAX_UPLOAD_MB = 1
    large = SimpleUploadedFile("large.png", bytes(2 << 20))
    assert "CLIPSITE_MAX_UPLOAD_MB" in admin.post(reverse(ADD), form(staff, files=[large])).content.decode()
    assert not Dataset.objects.exists()


def test_the_admin_is_closed_to_others(client: Client, alice: User, db: None) -> None:
    client.force_login(alice)
    assert client.get(reverse("admin:search_dataset_changelist")).status_code == 302


def test_it_deletes_a_dataset_with_images_and_says_what_will_be_lost(
    admin: Client, make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    dataset = index(make_dataset(make_images(red="red", blue="blue")))
    Run.objects.create(dataset=dataset, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
    derivative = derivative_path(dataset.pk, dataset.images.get(name="red.png").checksum)
    address = reverse("admin:search_dataset_delete", args=[dataset.pk])
    lost = "2 images, 1 index versions, 1 maps, 1 runs with their logs; the originals on the server stay"
    assert lost in admin.get(address).content.decode()
    assert derivative.exists()
    admin.post(address, {"post": "yes"})
    assert not Dataset.objects.exists()
    tasks.remove_dataset(dataset.pk)
    assert not Dataset.with_deleted.exists()
    assert not derivative.exists()
    assert (Path(dataset.source_path) / "red.png").exists()


def test_nothing_of_a_failed_upload_reaches_the_next_dataset_of_that_name(admin: Client, staff: User) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("secret.png", png())
    lying = buffer.getvalue().replace(len(png()).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    response = admin.post(reverse(ADD), form(staff, archive=SimpleUploadedFile("trip.zip", lying)), follow=True)
    assert "was not kept" in response.content.decode() or "cannot be unpacked" in response.content.decode()
    admin.post(reverse(ADD), form(staff, files=[SimpleUploadedFile("open.png", png())]))
    kept = [path.name for path in Path(Dataset.objects.get().source_path).rglob("*.png")]
    assert kept == ["open.png"]


def test_the_ledger_can_be_retried_ignored_and_downloaded(
    admin: Client, make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    datasets = [index(make_dataset(make_images(name.lower(), red="red"), name=name)) for name in ("One", "Two")]
    entries = [
        ImageFailure.objects.create(dataset=dataset, name=f"{dataset.name}.jpg", stage=DERIVE, reason="broken")
        for dataset in datasets
    ]
    address = reverse("admin:workers_imagefailure_changelist")

    def act(action: str) -> str:
        chosen = {"action": action, "_selected_action": [entry.pk for entry in entries]}
        response = admin.post(address, chosen, follow=True)
        content = downloaded(response) if response.streaming else response.content
        return content.decode("utf-8-sig")

    def states() -> set[str]:
        return set(ImageFailure.objects.values_list("state", flat=True))

    assert "One.jpg" in admin.get(address, {"q": "one"}).content.decode()
    assert "2 ignored" in act("ignore")
    assert states() == {"ignored"}
    assert "2 no longer ignored" in act("stop_ignoring")
    assert act("retry").count("Started:") == 2
    assert states() == {"retrying"}
    assert act("retry").count("is being worked on already") == 2
    assert {line.split(",")[1] for line in act("download_csv").splitlines()} == {"name", "One.jpg", "Two.jpg"}


def test_the_ledger_in_the_admin_offers_no_action_without_the_permission(db: None) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_imagefailure"))
    client = Client()
    client.force_login(looker)
    content = client.get(reverse("admin:workers_imagefailure_changelist")).content.decode()
    assert 'value="download_csv"' in content
    assert 'value="retry"' not in content
    assert 'value="ignore"' not in content
