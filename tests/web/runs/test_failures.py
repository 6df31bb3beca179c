"""The page of the error ledger: what it shows to whom, its CSV, and what people may do."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from search.models import Dataset, Image
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from tests.web.conftest import downloaded
from tests.web.markup import on_one_line
from workers.models import ImageFailure, Run
from workers.registry import DERIVE, EMBED

State = ImageFailure.State
AWKWARD = {
    "plain.jpg": "is damaged or incomplete",
    'comma, "quote".jpg': "is damaged or incomplete",
    "two\nlines.jpg": "is not an image of a known format, or its beginning is damaged",
    "=HYPERLINK(1).jpg": "is damaged or incomplete",
    "@SUM(A1).jpg": "-1 is no size",
    "caf\u00e9.jpg": "is damaged or incomplete",
}


def fill(dataset: Dataset) -> None:
    for name, reason in AWKWARD.items():
        ImageFailure.objects.create(dataset=dataset, name=name, stage=DERIVE, reason=reason)


@pytest.fixture
def listed(public: Dataset) -> Dataset:
    fill(public)
    return public


@pytest.fixture
def owned(transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset, alice: User) -> Dataset:
    """Alice's public dataset, in which a run can start."""
    dataset = index(make_dataset(make_images(red="red", blue="blue"), owner=alice))
    fill(dataset)
    return dataset


@pytest.fixture
def owner(owned: Dataset, alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def page(client: Client, dataset: Dataset, **parameters: str) -> str:
    response = client.get(reverse("failures", args=[dataset.slug]), parameters)
    assert response.status_code == 200
    return response.content.decode()


def names(client: Client, dataset: Dataset, **parameters: str) -> set[str]:
    response = client.get(reverse("failures", args=[dataset.slug]), parameters)
    return {entry.name for entry in response.context["page_obj"]}


def act(client: Client, dataset: Dataset, action: str, **fields: object) -> list[str]:
    """Posts as the page's form does; returns the sentences on the page that follows."""
    address = reverse("failures-action", args=[dataset.slug, action])
    response = client.post(address, fields, follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def ids(dataset: Dataset, *wanted: str) -> list[int]:
    return list(dataset.failures.filter(name__in=wanted).values_list("pk", flat=True))


def rows(client: Client, dataset: Dataset, **parameters: str) -> list[dict[str, str]]:
    response = client.get(reverse("failures-csv", args=[dataset.slug]), parameters)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert f"{dataset.slug}-failures.csv" in response["Content-Disposition"]
    text = downloaded(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_everybody_who_sees_the_dataset_may_look_and_nobody_else_gets_buttons(listed: Dataset, client: Client) -> None:
    shown = page(client, listed).partition("<main")[2]
    assert "plain.jpg" in shown
    assert "is damaged or incomplete" in shown
    assert 'method="post"' not in shown
    assert 'type="checkbox"' not in shown


@pytest.mark.parametrize("who", ["anonymous", "bob"])
@pytest.mark.parametrize("action", ["retry", "ignore", "stop-ignoring"])
def test_who_does_not_manage_cannot_act(owned: Dataset, bob: User, who: str, action: str) -> None:
    client = Client()
    if who == "bob":
        client.force_login(bob)
    address = reverse("failures-action", args=[owned.slug, action])
    assert client.post(address, {"all": "1"}).status_code == 404
    assert client.post(address, {"entry": ids(owned, "plain.jpg")}).status_code == 404
    assert set(owned.failures.values_list("state", flat=True)) == {State.OPEN}
    assert not owned.runs.exists()


def test_an_unknown_action_does_not_exist_and_looking_changes_nothing(owned: Dataset, owner: Client) -> None:
    address = reverse("failures-action", args=[owned.slug, "explode"])
    assert owner.post(address, {"all": "1"}).status_code == 404
    assert owner.get(reverse("failures-action", args=[owned.slug, "ignore"])).status_code == 405


def test_it_narrows_by_state_stage_reason_and_part_of_the_name(listed: Dataset, client: Client) -> None:
    listed.failures.filter(name="plain.jpg").update(state=State.IGNORED, stage=EMBED)
    assert names(client, listed) == set(AWKWARD)
    assert names(client, listed, state="ignored") == names(client, listed, stage="embed") == {"plain.jpg"}
    assert names(client, listed, name="QUOTE") == {'comma, "quote".jpg'}
    assert names(client, listed, reason="-1 is no size") == {"@SUM(A1).jpg"}
    assert names(client, listed, reason="-1") == set()
    assert names(client, listed, words="no SIZE") == {"@SUM(A1).jpg"}
    assert names(client, listed, name="none") == names(client, listed, name="pl\0ne") == set()
    assert "Nothing fits" in page(client, listed, name="none")


def test_it_counts_the_commonest_reasons_first_and_links_to_each(listed: Dataset, client: Client) -> None:
    response = client.get(reverse("failures", args=[listed.slug]))
    groups = [(group.value, group.count) for group in response.context["reasons"]]
    assert groups[0] == ("is damaged or incomplete", 4)
    assert sorted(count for _, count in groups[1:]) == [1, 1]
    assert "?reason=is+damaged+or+incomplete" in response.content.decode()


@pytest.mark.parametrize("parameters", [{"state": "nonsense"}, {"stage": "nonsense"}])
def test_it_refuses_a_filter_that_means_nothing(listed: Dataset, client: Client, parameters: dict[str, str]) -> None:
    for name in ("failures", "failures-csv", "api-failures"):
        response = client.get(reverse(name, args=[listed.slug]), parameters)
        assert response.status_code == 400
        assert "nonsense" in response.content.decode()


def test_it_shows_long_ledgers_in_pages(public: Dataset, client: Client) -> None:
    ImageFailure.objects.bulk_create(
        ImageFailure(dataset=public, name=f"{number:03}.jpg", stage=DERIVE, reason="broken") for number in range(120)
    )
    shown = [names(client, public, page=str(number)) for number in (1, 2, 3)]
    assert [len(part) for part in shown] == [50, 50, 20]
    assert len(set.union(*shown)) == 120
    assert "1 of 3" in page(client, public)


def test_a_name_links_to_its_image_where_there_is_one(listed: Dataset, client: Client) -> None:
    image = listed.images.get(name="red.png")
    listed.failures.filter(name="plain.jpg").update(image=image)
    assert f'<a href="{reverse("image", args=[image.pk])}">plain.jpg</a>' in page(client, listed)


def test_the_csv_holds_every_cell_as_it_is_and_no_formula(listed: Dataset, client: Client) -> None:
    listed.failures.filter(name="plain.jpg").update(attempts=3, image=listed.images.get(name="red.png"))
    found = {row["name"]: row for row in rows(client, listed)}
    assert set(found) == {f"'{name}" if name[0] in "=@" else name for name in AWKWARD}
    assert found["'@SUM(A1).jpg"]["reason"] == "'-1 is no size"
    plain = found["plain.jpg"]
    assert (plain["dataset"], plain["stage"], plain["state"], plain["attempts"]) == ("Pictures", "derive", "open", "3")
    assert plain["image_id"] == str(listed.images.get(name="red.png").pk)
    assert plain["first_at"].endswith("+00:00")
    assert plain["run"] == ""


def test_the_csv_respects_the_filter_and_holds_all_pages(public: Dataset, client: Client) -> None:
    ImageFailure.objects.bulk_create(
        ImageFailure(dataset=public, name=f"{number}.jpg", stage=DERIVE, reason="broken") for number in range(2300)
    )
    public.failures.filter(name="7.jpg").update(state=State.QUARANTINED)
    assert len(rows(client, public)) == 2300
    assert [row["name"] for row in rows(client, public, state="quarantined")] == ["7.jpg"]


def test_retry_starts_a_run_for_the_ticked_files_and_shows_it(owned: Dataset, owner: Client, alice: User) -> None:
    address = reverse("failures-action", args=[owned.slug, "retry"])
    response = owner.post(address, {"entry": ids(owned, "plain.jpg", "caf\u00e9.jpg")})
    run = owned.runs.get()
    assert (run.kind, run.requested_by) == (Run.Kind.RETRY, alice)
    assert response["Location"] == reverse("run", args=[run.pk])
    assert owned.failures.filter(state=State.RETRYING).count() == 2


def test_retry_all_takes_what_the_filter_shows_but_no_ignored_file(owned: Dataset, owner: Client) -> None:
    owned.failures.filter(name="plain.jpg").update(state=State.IGNORED)
    assert "Retry all 5" in page(owner, owned)
    assert "Retry all 3" in page(owner, owned, reason="is damaged or incomplete")
    act(owner, owned, "retry", all="1", reason="is damaged or incomplete")
    assert owned.failures.filter(state=State.RETRYING).count() == 3
    assert owned.failures.get(name="plain.jpg").state == State.IGNORED


def test_while_a_run_is_active_retry_says_so_and_changes_nothing(owned: Dataset, owner: Client) -> None:
    run = Run.objects.create(dataset=owned, kind=Run.Kind.INDEX, encoder="e")
    (sentence,) = act(owner, owned, "retry", all="1")
    assert f"run {run.pk}" in sentence
    assert set(owned.failures.values_list("state", flat=True)) == {State.OPEN}


def test_ignore_and_stop_ignoring_ticked_files_and_all(owned: Dataset, owner: Client) -> None:
    assert act(owner, owned, "ignore", entry=ids(owned, "plain.jpg")) == [
        "1 ignored from now on, until the file changes."
    ]
    assert act(owner, owned, "ignore", all="1", name="caf") == ["1 ignored from now on, until the file changes."]
    assert set(owned.failures.filter(state=State.IGNORED).values_list("name", flat=True)) == {
        "plain.jpg",
        "caf\u00e9.jpg",
    }
    act(owner, owned, "stop-ignoring", all="1", state="ignored")
    assert not owned.failures.filter(state=State.IGNORED).exists()


@pytest.mark.parametrize("fields", [{}, {"entry": "x"}, {"entry": "9" * 30}])
def test_nothing_ticked_is_said(owned: Dataset, owner: Client, fields: dict[str, str]) -> None:
    assert act(owner, owned, "ignore", **fields) == ["No file is ticked. Tick some, or choose the button for all."]


def test_the_entries_of_another_dataset_are_out_of_reach(owned: Dataset, owner: Client, tmp_path: object) -> None:
    other = Dataset.objects.create(name="Other", slug="other", source_path=str(tmp_path))
    foreign = ImageFailure.objects.create(dataset=other, name="a.jpg", stage=DERIVE, reason="broken")
    act(owner, owned, "ignore", entry=[foreign.pk])
    foreign.refresh_from_db()
    assert foreign.state == State.OPEN


def test_the_dataset_its_run_and_the_dashboard_link_to_the_ledger(listed: Dataset, client: Client) -> None:
    address = reverse("failures", args=[listed.slug])
    run = Run.objects.create(dataset=listed, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE)
    run.stages.create(stage=DERIVE, position=0, failed=7)
    listed.failures.update(run=run)
    listed.failures.filter(name="plain.jpg").update(state=State.IGNORED)
    dataset_page = client.get(reverse("dataset", args=[listed.slug])).content.decode()
    assert f'<a href="{address}">5</a>' in dataset_page
    assert f'<a href="{address}?state=ignored">1</a>' in dataset_page
    assert address in client.get(reverse("dashboard")).content.decode()
    run_page = on_one_line(client.get(reverse("run", args=[run.pk])).content.decode())
    assert address in run_page
    assert "plain.jpg" not in run_page
    assert "2 of the 7 that this run counted are no longer listed here" in run_page


def test_a_ledger_without_entries_says_so(public: Dataset, client: Client) -> None:
    assert "Nothing failed" in page(client, public)


def test_the_api_answers_in_the_rows_of_the_command_line(listed: Dataset, client: Client) -> None:
    answer = client.get(reverse("api-failures", args=[listed.slug]), {"name": "plain"}).json()
    assert (answer["dataset"], answer["count"], answer["page"], answer["pages"]) == ("Pictures", 1, 1, 1)
    (row,) = answer["failures"]
    assert (row["name"], row["reason"], row["attempts"]) == ("plain.jpg", "is damaged or incomplete", 1)
    assert client.get(reverse("api-failures", args=[listed.slug]), {"page": "2"}).json()["failures"] == []
    assert client.get(reverse("api-failures", args=[listed.slug]), {"page": "0"}).status_code == 400


def test_the_page_of_an_image_says_why_it_failed_and_promises_no_picture(listed: Dataset, client: Client) -> None:
    image = listed.images.get(name="red.png")
    Image.objects.filter(pk=image.pk).update(state=Image.State.FAILED, width=0, height=0, format="")
    listed.failures.filter(name="plain.jpg").update(image=image)
    shown = on_one_line(client.get(reverse("image", args=[image.pk])).content.decode())
    assert "Not usable: is damaged or incomplete" in shown
    assert reverse("failures", args=[listed.slug]) in shown
    assert reverse("thumbnail", args=[image.pk]) not in shown
    assert "data-similar" not in shown
