"""The client of docs/examples and the commands of docs/api.md, against a server that listens."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from search.accounts.tokens import Scope, create_token
from search.collections.collections import create_collection
from search.maps.draw import newest_projection
from search.models import Dataset
from search.saved_searches.saved_searches import save_search
from workers.models import Run

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "api.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every command of curl on the page, continued lines joined."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)).replace("\\\n", " ")
    return [line for line in blocks.splitlines() if line.startswith("curl")]


EXPECTED = {
    *("hits", "datasets", "slug", "images", "tags", "projections", "runs", "stages"),
    *("hits_url", "members", "added", "person_id", "link", "duplicates", "groups"),
}
"""Each command on the page answers with one of these."""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The file as a program would import it."""
    spec = importlib.util.spec_from_file_location("clipsite_client", DOCS / "examples" / "clipsite_client.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "clipsite_client", loaded)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def secret(alice: User) -> str:
    return create_token(alice, "client", Scope.values)[1]


@pytest.fixture
def mine(public: Dataset, alice: User) -> Dataset:
    """A public dataset that Alice manages."""
    Dataset.objects.filter(pk=public.pk).update(owner=alice)
    return public


def test_it_finds_lists_and_describes(live_server: LiveServer, module: ModuleType, mine: Dataset, secret: str) -> None:
    photos = module.Client(live_server.url, token=secret)
    (dataset,) = photos.datasets()
    assert (dataset.slug, dataset.searchable, dataset.manageable) == ("pictures", 4, True)
    found = photos.search("red", dataset="pictures", k=2)
    assert (found.hits[0].name, found.total, len(found.hits)) == ("red.png", 4, 2)
    following = photos.search("red", dataset="pictures", k=2, cursor=found.cursor)
    assert [hit.rank for hit in following.hits] == [3, 4]
    assert [hit.rank for hit in photos.every_hit("red", dataset="pictures")] == [1, 2, 3, 4]
    assert [image.name for image in photos.images("pictures", name="e", limit=2)] == [
        name for name in mine.images.order_by("pk").values_list("name", flat=True) if "e" in name
    ]
    red = photos.image(found.hits[0].image_id)
    assert (red.width, red.height, list(red.tags)) == (640, 480, [])
    assert photos.similar(red.image_id, k=1).hits[0].image_id != red.image_id
    assert photos.download(red.thumbnail_url).startswith(b"\xff\xd8")
    drawn = newest_projection(mine)
    assert drawn is not None
    assert {image_id for image_id, _, _ in photos.points("pictures", drawn.pk)} == set(
        mine.images.values_list("pk", flat=True)
    )


def test_it_starts_and_controls_runs(live_server: LiveServer, module: ModuleType, mine: Dataset, secret: str) -> None:
    photos = module.Client(live_server.url, token=secret)
    run = photos.start_run("pictures", "plan")
    assert photos.control_run(run.id, "pause").is_paused
    assert photos.control_run(run.id, "cancel").state == "cancelled"
    assert photos.run(run.id).state == Run.objects.get().state
    assert [one.id for one in photos.runs(dataset="pictures")] == [run.id]


def test_it_keeps_collections(
    live_server: LiveServer, module: ModuleType, mine: Dataset, secret: str, bob: User
) -> None:
    photos = module.Client(live_server.url, token=secret)
    made = photos.create_collection("Reds")
    ids = list(mine.images.order_by("pk").values_list("pk", flat=True))
    assert (photos.collect(made.id, ids), photos.collect(made.id, ids[:1])) == (4, 0)
    assert photos.uncollect(made.id, ids[:1]) == 1
    assert [image.image_id for image in photos.collected(made.id)] == ids[:0:-1]
    assert photos.rename_collection(made.id, "Others").name == "Others"
    assert photos.share_collection(made.id, "bob", "editor") == bob.pk
    photos.unshare_collection(made.id, bob.pk)
    link = photos.renew_link(made.id)
    assert (photos.collection(made.id).link, photos.collection(made.id).count) == (link, 3)
    photos.revoke_link(made.id)
    assert photos.collection(made.id).link is None
    assert [one.id for one in photos.collections()] == [made.id]
    photos.delete_collection(made.id)
    assert list(photos.collections()) == []


def test_it_keeps_searches(live_server: LiveServer, module: ModuleType, mine: Dataset, secret: str) -> None:
    photos = module.Client(live_server.url, token=secret)
    saved = photos.save_search("Reds", "2:red - blue", dataset="pictures", orientation="landscape")
    assert photos.saved_search(saved.id) == saved
    assert photos.rename_saved_search(saved.id, "Only reds").name == "Only reds"
    found = photos.search("2:red - blue", dataset="pictures", orientation="landscape", k=2)
    run = photos.run_saved_search(saved.id, k=2)
    assert run.hits == found.hits
    assert [hit.rank for hit in photos.run_saved_search(saved.id, k=2, cursor=run.cursor).hits] == [3, 4]
    assert [one.id for one in photos.saved_searches()] == [saved.id]
    photos.delete_saved_search(saved.id)
    assert list(photos.saved_searches()) == []


def test_it_tags_images(live_server: LiveServer, module: ModuleType, mine: Dataset, secret: str) -> None:
    photos = module.Client(live_server.url, token=secret)
    red = mine.images.get(name="red.png").pk
    assert [(tag.name, tag.confidence) for tag in photos.add_tag(red, "warm")] == [("warm", None)]
    assert photos.tags("pictures") == {"warm": 1}
    assert [tag.name for tag in photos.image_tags(red)] == ["warm"]
    assert photos.remove_tag(red, "warm") == []
    assert (photos.copies(red), list(photos.copy_groups("pictures"))) == ([], [])


def test_it_raises_the_sentence(live_server: LiveServer, module: ModuleType, mine: Dataset) -> None:
    with pytest.raises(module.Problem, match="There is no dataset 'none' here") as raised:
        module.Client(live_server.url).search("red", dataset="none")
    assert (raised.value.status, raised.value.kind) == (404, "unknown-dataset")
    with pytest.raises(ValueError, match="alone gets the token"):
        module.Client(live_server.url, token="clip_none").download("http://127.0.0.1:1/elsewhere")
    with pytest.raises(module.Problem, match="unknown here"):
        list(module.Client(live_server.url, token="clip_none").datasets())


def test_it_waits_when_it_is_told_to(
    live_server: LiveServer,
    module: ModuleType,
    mine: Dataset,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.API_PER_MINUTE = 60
    at_once = settings.API_PER_MINUTE // 6  # ten seconds' worth
    waited = Mock(wraps=time.sleep)
    monkeypatch.setattr(module.time, "sleep", waited)
    photos = module.Client(live_server.url, token=secret)
    assert [len(list(photos.datasets())) for _ in range(at_once + 3)] == [1] * (at_once + 3)
    assert waited.called


def test_it_gives_up_when_it_would_have_to_wait_too_long(
    live_server: LiveServer,
    module: ModuleType,
    mine: Dataset,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    settings.API_PER_MINUTE = 1
    monkeypatch.setattr(module, "MOST_WAITING", 5.0)
    photos = module.Client(live_server.url, token=secret)
    list(photos.datasets())
    with pytest.raises(module.Problem, match="Too many requests"):
        list(photos.datasets())


def test_the_example_in_the_documentation_runs(
    live_server: LiveServer,
    module: ModuleType,
    mine: Dataset,
    secret: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    program = example.replace("http://127.0.0.1:8000", live_server.url).replace("clip_...", secret)
    exec(compile(program, "docs/api.md", "exec"), {})  # noqa: S102 (our own documentation)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("red.png")
    assert "red.png 640 480" in lines
    assert lines[-1] == "404 There is no image 1000000000 here."


@pytest.mark.parametrize("command", commands())
def test_the_commands_in_the_documentation_work(
    live_server: LiveServer, mine: Dataset, secret: str, alice: User, bob: User, command: str
) -> None:
    image = mine.images.get(name="red.png").pk
    collection = create_collection(alice, "Kept").pk
    saved = save_search(alice, "Kept", "q=blue&dataset=pictures").pk
    for written, here in (
        ("/images/1", f"/images/{image}"),
        ("[1]", f"[{image}]"),
        ("collections/1", f"collections/{collection}"),
        ("saved-searches/1", f"saved-searches/{saved}"),
        ("curl", "curl --silent --fail"),
    ):
        command = command.replace(written, here, 1)
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "CLIPSITE_ADDRESS": live_server.url, "CLIPSITE_TOKEN": secret},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert EXPECTED & set(answer)
