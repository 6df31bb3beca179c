"""The progress socket over the real ASGI application and the real channel layer."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client

from search.models import Dataset
from tests.conftest import all_told
from tests.web.sockets.socket import Socket
from tests.workers.conftest import start, work_off
from workers.models import Run
from workers.progress.publish import publish
from workers.progress.state import recent_runs


def test_it_sends_a_snapshot_and_then_numbered_changes(pictures: Dataset) -> None:
    run = start(pictures)

    async def session() -> None:
        socket = Socket()
        assert await socket.open()
        snapshot = await socket.receive()
        assert snapshot["type"] == "snapshot"
        known = snapshot["runs"][0]["sequence"]
        for number in (1, 2):
            await sync_to_async(publish)(run.pk)
            frame = await socket.receive()
            assert frame["type"] == "run"
            assert frame["run"]["sequence"] == known + number
        await socket.close()

    async_to_sync(session)()


def test_it_sends_the_same_truth_on_request_as_after_a_reload(pictures: Dataset) -> None:
    work_off(start(pictures))
    all_told()

    async def session() -> None:
        socket = Socket()
        await socket.open()
        first = await socket.receive()
        await socket.send('{"type": "snapshot"}')
        assert await socket.receive() == first
        assert first["runs"][0]["state"] == Run.State.DONE
        await socket.close()

    async_to_sync(session)()


@pytest.mark.parametrize(("who", "sees"), [(None, False), ("bob", False), ("alice", True), ("staff", True)])
def test_it_hides_private_runs_from_strangers(
    pictures: Dataset, alice: User, bob: User, staff: User, who: str | None, sees: bool
) -> None:
    Dataset.objects.filter(pk=pictures.pk).update(visibility=Dataset.Visibility.PRIVATE, owner=alice)
    run = start(pictures)
    client = None
    if who is not None:
        client = Client()
        client.force_login(User.objects.get(username=who))

    async def session() -> None:
        socket = Socket(client)
        await socket.open()
        snapshot = await socket.receive()
        assert bool(snapshot["runs"]) is sees
        await sync_to_async(publish)(run.pk)
        if sees:
            assert (await socket.receive())["run"]["id"] == run.pk
        else:
            assert await socket.is_silent()
        await socket.close()

    async_to_sync(session)()


def test_it_refuses_a_foreign_origin(pictures: Dataset) -> None:
    async def session() -> bool:
        return await Socket(origin="http://evil.example").open()

    assert async_to_sync(session)() is False


def test_it_closes_on_a_frame_that_is_no_json(pictures: Dataset) -> None:
    async def session() -> dict[str, object]:
        socket = Socket()
        await socket.open()
        await socket.receive()
        await socket.send("{")
        return await socket.event()

    closed = async_to_sync(session)()
    assert (closed["type"], closed["code"]) == ("websocket.close", 4400)


def test_it_stays_open_while_nothing_happens(pictures: Dataset) -> None:
    run = start(pictures)

    async def session() -> int:
        socket = Socket()
        await socket.open()
        await socket.receive()
        for _ in range(8):  # longer than redis-py waits for an answer by default
            assert await socket.is_silent()
        await sync_to_async(publish)(run.pk)
        number = int((await socket.receive())["run"]["id"])
        await socket.close()
        return number

    assert async_to_sync(session)() == run.pk


def test_the_newest_runs_come_first_and_none_of_them_is_left_out(pictures: Dataset) -> None:
    runs = [
        Run.objects.create(dataset=pictures, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE) for _ in range(25)
    ]
    newest = [state["id"] for state in recent_runs(AnonymousUser())]
    assert newest == [run.pk for run in reversed(runs)][:20]
