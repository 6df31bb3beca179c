"""The history has what a signed-in person asked, for that person alone, as long as they want it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse

from search.models import Dataset, RecentSearch
from search.saved_searches import history
from search.saved_searches.history import Recorder, recent_searches, remember
from tests.conftest import MakeDataset
from tests.library import fill
from tests.web.collections.kept import client_of


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    made = make_dataset(Path("/nowhere"))
    fill(made, 70, 1)
    return made


def words(person: User) -> list[str]:
    return [one.described.words for one in recent_searches(person)]


def search(client: Client, text: str, **more: str) -> None:
    assert client.get(reverse("search"), {"dataset": "pictures", "q": text} | more).status_code == 200


def test_searches_are_listed_newest_first_and_once(dataset: Dataset, alice: User, bob: User) -> None:
    client = client_of("alice")
    for text in ("red", "blue", "green", "red"):
        search(client, text)
    assert words(alice) == ["red", "green", "blue"]
    assert words(bob) == []
    listed = client.get(reverse("history-recent")).json()["searches"]
    assert [one["words"] for one in listed] == ["red", "green", "blue"]
    assert listed[0]["details"] == ["in pictures"]
    assert client.get(listed[0]["url"]).context["query_text"] == "red"


def test_the_home_page_offers_the_latest(dataset: Dataset, alice: User) -> None:
    client = client_of("alice")
    search(client, "a red barn")
    assert "a red barn" in client.get(reverse("home")).content.decode()
    assert "a red barn" not in Client().get(reverse("home")).content.decode()


def test_what_was_asked_of_several_datasets_is_offered_once(dataset: Dataset, alice: User) -> None:
    client = client_of("alice")
    for other in ("", "landscape"):
        search(client, "a red barn", orientation=other)
    assert words(alice) == ["a red barn"] * 2
    offered = client.get(reverse("home")).context["recent"]
    assert [(one.described.words, "landscape" in one.search.query) for one in offered] == [("a red barn", True)]


def test_scrolling_on_and_failing_are_no_searches_of_their_own(dataset: Dataset, alice: User) -> None:
    client = client_of("alice")
    first = client.get(reverse("search"), {"dataset": "pictures", "q": "red"})
    client.get(reverse("search"), {"dataset": "pictures", "q": "red", "cursor": first.context["groups"][0]["cursor"]})
    client.get(reverse("search"), {"dataset": "pictures", "q": "red", "min_side": "many"})
    assert [one.search.query for one in recent_searches(alice)] == ["q=red&dataset=pictures"]


def test_nothing_is_kept_of_people_who_are_not_signed_in(dataset: Dataset) -> None:
    search(Client(), "red")
    assert not RecentSearch.objects.exists()


def test_it_holds_the_newest_and_no_more(alice: User, bob: User) -> None:
    for number in range(history.KEPT + 7):
        remember(alice, {"q": [f"word {number}"]})
    remember(bob, {"q": ["other"]})
    assert words(alice) == [f"word {number}" for number in range(history.KEPT + 6, 6, -1)]
    assert words(bob) == ["other"]


def test_it_is_switched_off_cleared_and_switched_on(dataset: Dataset, alice: User) -> None:
    client = client_of("alice")
    search(client, "red")
    search(client, "blue")
    client.post(reverse("history-action", args=["forget"]), {"search": recent_searches(alice)[0].search.pk})
    assert words(alice) == ["red"]
    stopped = client.post(reverse("history-action", args=["stop"]), follow=True)
    assert "Your searches are not kept" in stopped.content.decode()
    search(client, "green")
    assert words(alice) == []
    client.post(reverse("history-action", args=["start"]))
    search(client, "green")
    assert words(alice) == ["green"]
    assert "No searches yet" in client.post(reverse("history-action", args=["clear"]), follow=True).content.decode()


def test_nobody_forgets_the_searches_of_others(alice: User, bob: User) -> None:
    remember(alice, {"q": ["red"]})
    client_of("bob").post(reverse("history-action", args=["forget"]), {"search": recent_searches(alice)[0].search.pk})
    client_of("bob").post(reverse("history-action", args=["clear"]))
    assert words(alice) == ["red"]


def test_what_is_overlong_is_left_out(alice: User) -> None:
    remember(alice, {"q": ["x" * 5000]})
    remember(alice, {"q": [""]})
    assert words(alice) == []


def test_a_web_process_writes_in_a_thread_and_a_search_does_not_wait(transactional_db: None, alice: User) -> None:
    recorder = Recorder()
    recorder.start()
    with transaction.atomic():
        # Whoever writes the same row now has to wait until this is undone.
        fingerprint = hashlib.sha256(b"q=red").hexdigest()
        RecentSearch.objects.create(owner=alice, query="q=red", fingerprint=fingerprint)
        recorder.take(alice.pk, "q=red")
        recorder.take(alice.pk, "q=blue")
        transaction.set_rollback(True)
    recorder.stop()
    assert words(alice) == ["blue", "red"]


def test_a_search_of_somebody_who_is_gone_does_no_harm(transactional_db: None, alice: User) -> None:
    recorder = Recorder()
    recorder.start()
    recorder.take(alice.pk + 1000, "q=red")
    recorder.take(alice.pk, "q=blue")
    recorder.stop()
    assert words(alice) == ["blue"]
