"""The shared cast: a real Valkey, folders of a test's own, photographs, people, datasets."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import TransactionTestCase, override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from PIL import Image as Pillow
from pytest_django import DjangoDbBlocker, Settings

from clipsite.server import embedded_valkey
from search.encoders import registry
from search.filters.cache import selections
from search.index.live import live_indexes
from search.index.memmap import MappedVectors
from search.ingest.walk import SourceFile, find_files
from search.maps import child_process
from search.models import Dataset
from search.projection import drawing
from search.projection.drawing import Drawing, Task
from search.query.vectors import text_vector
from search.retrieval.relevance import calibrations
from search.retrieval.tombstones import absence
from search.values import Report
from tests.database import take_snapshot
from tests.fake_encoder import FakeFamily

if TYPE_CHECKING:
    from tests.indexed import IndexedDatasets

MakeDataset = Callable[..., Dataset]
MakeImages = Callable[..., Path]
OpenedFiles = Callable[[Path], AbstractContextManager[list[str]]]


def files_of(dataset: Dataset) -> list[SourceFile]:
    """The image files of a dataset's folder, all of which can be read."""
    return list(find_files(dataset, lambda failure: pytest.fail(failure.reason)))


FAKE_ENCODER = "fake/colours/32"

# How long an example takes says how busy the cores are, and nothing of the code.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def valkey() -> Iterator[None]:
    """The embedded Valkey, as `manage.py up` starts it."""
    process = subprocess.Popen(embedded_valkey.command(), stdout=subprocess.DEVNULL)
    try:
        embedded_valkey.wait_until_ready(20)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session", autouse=True)
def quick_password_hashes() -> Iterator[None]:
    """The site's own hash is slow on purpose: a second for each person of each test. Tests of running sites have it."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def everybody_may_ask_often(settings: Settings) -> None:
    """Valkey counts on from test to test, and people of all tests have the same few numbers."""
    settings.API_PER_MINUTE = settings.SEARCHES_PER_MINUTE = 0


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """SQLite in a file, as a site has it: one in memory locks other threads out at once."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["TEST"]["NAME"] = str(settings.DATA_DIR / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The real migrations, once a process; what a test commits is undone to what they made."""
    with django_db_blocker.unblock():
        restore = take_snapshot()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: restore())
        yield


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> None:
    """Files of one test never meet those of another, whose records may have had the same ids."""
    for name in ("ORIGINALS", "DERIVATIVES", "INDEXES", "PROJECTIONS", "QUERY_PICTURES", "MAP_CACHE"):
        setattr(settings, f"{name}_DIR", tmp_path / name.lower())
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    live_indexes.reset()
    selections.reset()
    absence.reset()
    text_vector.cache_clear()
    calibrations.reset()


def all_told() -> None:
    """Returns when every progress message that waited for its turn is sent."""
    for thread in threading.enumerate():
        if thread.name.startswith("publish-"):
            thread.join()


@pytest.fixture(autouse=True)
def nothing_said_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    """A progress message that waits for its turn is not sent into the next test's database."""
    if "transactional_db" in request.fixturenames:
        request.getfixturevalue("transactional_db")  # so that this one ends before the database does
    yield
    all_told()


@pytest.fixture(autouse=True)
def fake_encoder() -> None:
    """`fake/colours/32` can be named, like any family; only tests of other parts do."""
    registry.register_family(FakeFamily())


@pytest.fixture
def drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps are drawn in this process, which compiles umap's loops once for all tests; others see to the child."""

    def draw(task: Task, folder: Path, report: Report) -> Drawing:
        task.write(folder)
        vectors = MappedVectors(folder / drawing.VECTORS, task.count, task.dimension)
        drawing.draw(Task.read(folder), vectors, lambda *_: report(0, 1)).write(folder)
        return Drawing.read(folder)

    monkeypatch.setattr(child_process, "draw", draw)


@cache
def plain_picture(colour: str) -> bytes:
    """The PNG of one colour, 640 x 480."""
    file = io.BytesIO()
    Pillow.new("RGB", (640, 480), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def make_images(tmp_path: Path) -> MakeImages:
    """Makes a folder of plain pictures, one colour each: `make_images(red="red", sub__blue="blue")`."""

    def make(folder: str = "pictures", **colours: str) -> Path:
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        for name, colour in colours.items():
            path = root / f"{name.replace('__', '/')}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(plain_picture(colour))
        return root

    return make


@pytest.fixture
def make_dataset(db: None) -> MakeDataset:
    """Makes a dataset over a folder: `make_dataset(folder, name=..., owner=..., private=True)`."""

    def make(folder: Path, name: str = "Pictures", owner: User | None = None, private: bool = False) -> Dataset:
        visibility = Dataset.Visibility.PRIVATE if private else Dataset.Visibility.PUBLIC
        return Dataset.objects.create(
            name=name, slug=name.lower(), owner=owner, visibility=visibility, source_path=str(folder)
        )

    return make


@pytest.fixture
def indexed_datasets(make_images: MakeImages, make_dataset: MakeDataset, drawn_here: None) -> IndexedDatasets:
    """Makes searchable datasets: `indexed_datasets.make("Pictures", "folder", red="red", blue="blue")`."""
    from tests.indexed import IndexedDatasets  # it needs this module

    return IndexedDatasets(make_images, make_dataset)


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password="alice's own secret")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="bob's own secret")


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_superuser("staff", password="staff's own secret")


_listeners: list[Callable[[str], None]] = []


def _tell_listeners(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _listeners and isinstance(arguments[0], str):
        for listener in _listeners:
            listener(arguments[0])


@pytest.fixture(scope="session")
def audit_hook() -> None:
    """Python never forgets such a hook, so there is one for all tests."""
    sys.addaudithook(_tell_listeners)


@pytest.fixture
def opened_files(audit_hook: None) -> OpenedFiles:
    """Names of the files below a folder that this process opens: `with opened_files(folder) as opened: ...`."""

    @contextmanager
    def opened_below(folder: Path) -> Iterator[list[str]]:
        opened: list[str] = []

        def listen(path: str) -> None:
            if Path(path).is_relative_to(folder):
                opened.append(Path(path).relative_to(folder).as_posix())

        _listeners.append(listen)
        try:
            yield opened
        finally:
            _listeners.remove(listen)

    return opened_below
