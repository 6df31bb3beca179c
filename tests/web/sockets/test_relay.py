"""One relay for all sockets: what is lost is made up for from SQL, what is withdrawn is no longer sent."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache
from django.db.models import F
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from clipsite.web.sockets import audience, relay
from clipsite.web.sockets.audience import Viewer, person_of, who_may_see
from clipsite.web.sockets.relay import MOST_WAITING, SIGNED_OUT, Listener
from clipsite.web.sockets.snapshots import SnapshotCache
from search.models import Dataset
from tests.web.sockets.socket import Socket
from tests.workers.conftest import start
from workers.models import Run, WorkerProcess
from workers.progress.publish import publish

MANY = 60


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change_without_a_message(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(sequence=F("sequence") + 1, message="said in SQL only")


def test_a_change_that_the_channel_layer_lost_is_read_from_sql(pictures: Dataset) -> None:
    run = start(pictures)

    async def session() -> str:
        socket = Socket()
        await socket.open()
        await socket.receive()
        await sync_to_async(change_without_a_message)(run)
        frame = await socket.receive()
        await socket.close()
        return str(frame["run"]["message"])

    assert async_to_sync(session)() == "said in SQL only"


def test_sockets_hear_again_after_the_broker_was_emptied(pictures: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(pictures)
    monkeypatch.setattr(relay, "TRUST_SECONDS", 0.0)

    async def session() -> list[int]:
        socket = Socket()
        await socket.open()
        known = (await socket.receive())["runs"][0]["sequence"]
        await sync_to_async(cache.clear)()
        numbers = []
        for _ in range(2):
            await sync_to_async(publish)(run.pk)
            numbers.append((await socket.receive())["run"]["sequence"] - known)
        await socket.close()
        return numbers

    assert async_to_sync(session)() == [1, 2]


def test_many_sockets_all_reach_the_final_state(pictures: Dataset) -> None:
    run = start(pictures)

    async def session() -> set[int]:
        sockets = [Socket() for _ in range(MANY)]
        for socket in sockets:
            assert await socket.open()
            await socket.receive()
        for _ in range(3):
            await sync_to_async(publish)(run.pk)
        final = await sync_to_async(lambda: Run.objects.get(pk=run.pk).sequence)()
        reached = set()
        for socket in sockets:
            frame = await socket.receive()
            while frame["run"]["sequence"] < final:
                frame = await socket.receive()
            reached.add(frame["run"]["sequence"] - final)
            await socket.close()
        return reached

    assert async_to_sync(session)() == {0}


def test_who_may_see_a_public_dataset_is_asked_once_for_everybody(
    pictures: Dataset, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert audience.who_may_see([None, alice.pk, bob.pk], pictures.pk) == {None, alice.pk, bob.pk}
    Dataset.objects.filter(pk=pictures.pk).update(visibility=Dataset.Visibility.PRIVATE, owner=alice)
    assert audience.who_may_see([None, alice.pk, bob.pk], pictures.pk) == {alice.pk}


def test_a_browser_that_reads_slowly_costs_a_bounded_number_of_frames() -> None:
    listener = Listener(Viewer())
    for number in range(1000):
        listener.tell(number % 3, f"frame {number}")
    assert len(listener.frames) <= MOST_WAITING
    assert set(dict(listener.frames).values()) == {"frame 997", "frame 998", "frame 999"}


def test_a_withdrawn_permission_takes_the_run_off_the_page(
    pictures: Dataset, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "TRUST_SECONDS", 0.0)
    run = start(pictures)

    async def session() -> object:
        socket = Socket(await sync_to_async(signed_in)(bob))
        await socket.open()
        assert len((await socket.receive())["runs"]) == 1
        await sync_to_async(publish)(run.pk)
        assert (await socket.receive())["type"] == "run"
        await sync_to_async(Dataset.objects.update)(visibility=Dataset.Visibility.PRIVATE)
        await sync_to_async(publish)(run.pk)
        frame = await socket.receive()
        assert await socket.is_silent()
        await socket.close()
        return frame

    assert async_to_sync(session)() == {"type": "snapshot", "runs": []}


@pytest.mark.parametrize("how", ["signs out", "is switched off", "gets another password"])
def test_a_socket_closes_when_its_session_ends(
    pictures: Dataset, bob: User, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(relay, "TRUST_SECONDS", 0.0)
    client = signed_in(bob)
    socket = Socket(client)

    def end() -> None:
        if how == "signs out":
            client.logout()
        elif how == "is switched off":
            User.objects.filter(pk=bob.pk).update(is_active=False)
        else:
            bob.set_password("another one of bob's")
            bob.save()

    async def session() -> tuple[str, int]:
        await socket.open()
        await socket.receive()
        await sync_to_async(end)()
        closed = await socket.event()
        return closed["type"], closed["code"]

    assert async_to_sync(session)() == ("websocket.close", SIGNED_OUT)


def test_staff_without_the_second_factor_that_is_asked_for_see_no_more_than_visitors(
    pictures: Dataset, staff: User, settings: Settings
) -> None:
    Dataset.objects.update(visibility=Dataset.Visibility.PRIVATE)
    assert who_may_see([staff.pk], pictures.pk) == {staff.pk}
    settings.STAFF_TWO_FACTOR = True
    assert who_may_see([staff.pk], pictures.pk) == set()
    assert person_of(Viewer(staff.pk)).is_anonymous


def test_staff_hear_that_the_site_changed_and_others_do_not(pictures: Dataset, bob: User, staff: User) -> None:
    async def session() -> object:
        stranger, boss = Socket(await sync_to_async(signed_in)(bob)), Socket(await sync_to_async(signed_in)(staff))
        for socket in (stranger, boss):
            await socket.open()
            await socket.receive()
        await boss.receive()  # the state at the first look
        await sync_to_async(WorkerProcess.objects.create)(name="vm:1", title="cpu@vm")
        heard = await boss.receive()
        assert await stranger.is_silent()
        for socket in (stranger, boss):
            await socket.close()
        return heard

    assert async_to_sync(session)() == {"type": "site"}


def test_a_snapshot_is_valid_json_of_the_newest_runs_first(pictures: Dataset) -> None:
    for number in range(3):
        Run.objects.create(
            dataset=pictures, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE, message=str(number)
        )
    told = json.loads(SnapshotCache().of(AnonymousUser()))
    assert [run["message"] for run in told["runs"]] == ["2", "1", "0"]
