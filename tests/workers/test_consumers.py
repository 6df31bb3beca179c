"""The progress socket over the real ASGI application and the real channel layer."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import Client

from clipsite.asgi import application
from search.models import Dataset
from tests.workers.conftest import start, work_off
from workers.models import Run
from workers.progress import publish


def connect(client: Client | None = None, origin: str = "http://localhost") -> WebsocketCommunicator:
    headers = [(b"origin", origin.encode()), (b"host", b"localhost")]
    if client is not None:
        cookie = f"sessionid={client.cookies['sessionid'].value}"
        headers.append((b"cookie", cookie.encode()))
    return WebsocketCommunicator(application, "/ws/runs/", headers=headers)


def test_it_sends_a_snapshot_and_then_numbered_changes(pictures: Dataset) -> None:
    run = start(pictures)

    async def session() -> None:
        socket = connect()
        assert (await socket.connect())[0]
        snapshot = await socket.receive_json_from(timeout=5)
        assert snapshot["type"] == "snapshot"
        known = snapshot["runs"][0]["sequence"]
        for number in (1, 2):
            await sync_to_async(publish)(run.pk)
            frame = await socket.receive_json_from(timeout=5)
            assert frame["type"] == "run"
            assert frame["run"]["sequence"] == known + number
        await socket.disconnect()

    async_to_sync(session)()


def test_it_sends_the_same_truth_on_request_as_after_a_reload(pictures: Dataset) -> None:
    work_off(start(pictures))

    async def session() -> None:
        socket = connect()
        await socket.connect()
        first = await socket.receive_json_from(timeout=5)
        await socket.send_json_to({"type": "snapshot"})
        assert await socket.receive_json_from(timeout=5) == first
        assert first["runs"][0]["state"] == Run.State.DONE
        await socket.disconnect()

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
        socket = connect(client)
        await socket.connect()
        snapshot = await socket.receive_json_from(timeout=5)
        assert bool(snapshot["runs"]) is sees
        await sync_to_async(publish)(run.pk)
        if sees:
            assert (await socket.receive_json_from(timeout=5))["run"]["id"] == run.pk
        else:
            assert await socket.receive_nothing(timeout=1)
        await socket.disconnect()

    async_to_sync(session)()


def test_it_refuses_a_foreign_origin(pictures: Dataset) -> None:
    async def session() -> bool:
        connected, _ = await connect(origin="http://evil.example").connect()
        return bool(connected)

    assert async_to_sync(session)() is False


def test_it_closes_on_a_frame_that_is_no_json(pictures: Dataset) -> None:
    async def session() -> dict[str, object]:
        socket = connect()
        await socket.connect()
        await socket.receive_json_from(timeout=5)
        await socket.send_to(text_data="{")
        return dict(await socket.receive_output(timeout=5))

    closed = async_to_sync(session)()
    assert (closed["type"], closed["code"]) == ("websocket.close", 4400)
