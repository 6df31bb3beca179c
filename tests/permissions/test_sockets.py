"""What the progress socket relays to everybody who might open it, and when it stops."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from clipsite.web.sockets import relay
from search.models import Dataset, DatasetRole
from search.permissions.roles import withdraw
from tests.indexed import IndexedDatasets
from tests.permissions.table import SEES, SIGNED_IN
from tests.permissions.world import PEOPLE, World, client_of, make_world
from tests.web.sockets.socket import Socket
from workers.progress.publish import publish


@pytest.fixture
def world(transactional_db: None, indexed_datasets: IndexedDatasets) -> World:
    return make_world(indexed_datasets)


def test_it_tells_each_of_the_runs_that_they_may_see(world: World) -> None:
    async def told(who: str) -> tuple[bool, bool]:
        """Whether the snapshot and whether a change is of the private dataset."""
        client = await sync_to_async(client_of)(who)
        socket = Socket(client if who in SIGNED_IN else None)
        assert await socket.open()
        snapshot = await socket.receive()
        await sync_to_async(publish)(world.run.pk)
        is_told = not await socket.is_silent()
        await socket.close()
        return bool(snapshot["runs"]), is_told

    for who in PEOPLE:
        assert async_to_sync(told)(who) == (who in SEES, who in SEES), who


@pytest.mark.parametrize("who", ["closed", "former"])
def test_it_tells_nothing_to_who_may_no_longer_see_it(world: World, who: str) -> None:
    async def session() -> bool:
        socket = Socket(await sync_to_async(client_of)(who))
        await socket.open()
        snapshot = await socket.receive()
        assert snapshot["runs"] == []
        await sync_to_async(publish)(world.run.pk)
        is_silent = await socket.is_silent()
        await socket.close()
        return is_silent

    assert async_to_sync(session)()


def test_it_stops_when_the_role_is_taken_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "TRUST_SECONDS", 0.0)

    async def session() -> None:
        socket = Socket(await sync_to_async(client_of)("viewer"))
        await socket.open()
        await socket.receive()
        await sync_to_async(publish)(world.run.pk)
        assert (await socket.receive())["run"]["id"] == world.run.pk
        role = await sync_to_async(DatasetRole.objects.get)(person__username="viewer")
        await sync_to_async(withdraw)(await sync_to_async(Dataset.objects.get)(), role.pk)
        await sync_to_async(publish)(world.run.pk)
        assert await socket.receive() == {"type": "snapshot", "runs": []}
        assert await socket.is_silent()
        await socket.close()

    async_to_sync(session)()


def end_session(client: Client, how: str) -> None:
    if how == "signed out":
        client.logout()
    elif how == "expired":
        Session.objects.update(expire_date=timezone.now())
    else:
        owner = User.objects.get(username="owner")
        owner.set_password("another secret of the owner")
        owner.save()


@pytest.mark.parametrize("how", ["signed out", "expired", "another password"])
def test_it_closes_when_the_session_is_over(world: World, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(relay, "TRUST_SECONDS", 0.0)

    async def session() -> dict[str, object]:
        client = await sync_to_async(client_of)("owner")
        socket = Socket(client)
        await socket.open()
        await socket.receive()
        await sync_to_async(end_session)(client, how)
        return await socket.event()

    closed = async_to_sync(session)()
    assert (closed["type"], closed["code"]) == ("websocket.close", 4401)
