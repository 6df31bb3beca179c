"""Everything that there is to look at and to change, made once, and everybody who might try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AnonymousUser, Group, User
from django.test import Client

from search.accounts.invitations import create_invitation
from search.accounts.tokens import create_token
from search.collections.collections import renew_link, share_collection
from search.files.paths import projection_folder
from search.maps.draw import newest_projection
from search.maps.files import store_map_clusters
from search.maps.regions import Region
from search.maps.selections import select
from search.maps.tiles import Tile, draw_tile
from search.models import Collection, CollectionMember, Dataset, DatasetRole, Image, MapCluster, Projection
from search.permissions.roles import give_group, give_person, withdraw
from search.saved_searches.saved_searches import save_search
from search.tags.by_hand import tag_images
from tests.indexed import IndexedDatasets
from tests.library import put_into
from workers.models import Run

PEOPLE = (
    "anonymous",
    "stranger",
    "former",  # had a role once
    "closed",  # has a role, and an account that is switched off
    "viewer",
    "member",  # a viewer by a group
    "editor",
    "partner",  # an owner by a role
    "owner",
    "staff",
)
NAMES = (b"Secrets", b"secret.png")
"""What no answer to somebody who may not see the dataset holds."""


@dataclass(frozen=True)
class World:
    """One private dataset, what was made of it, and what its owner keeps."""

    dataset: Dataset
    image: Image
    projection: Projection
    run: Run
    cancelled: Run
    selection: str
    collection: Collection
    ids: dict[str, int]
    """Of what belongs to the owner: the saved search, the token, the session; and of the invitation."""
    invitation: str

    @property
    def link(self) -> str:
        assert self.collection.link
        return self.collection.link


def make_world(indexed_datasets: IndexedDatasets) -> World:
    people = {name: User.objects.create(username=name) for name in PEOPLE[1:]}
    User.objects.filter(username="staff").update(is_staff=True, is_superuser=True)
    owner = people["owner"]
    dataset = indexed_datasets.make("Secrets", "private", owner, private=True, secret="navy", other="olive")
    _give_roles(dataset, people)
    projection = newest_projection(dataset)
    assert projection is not None
    image = dataset.images.get(name="secret.png")
    store_map_clusters(projection_folder(projection.path), np.zeros((2, projection.count), np.uint16))
    MapCluster.objects.get_or_create(
        projection=projection, level=0, number=0, defaults={"name": "things", "count": 2, "x": 0.0, "y": 0.0}
    )
    tag_images(Image.objects.filter(pk=image.pk), "dark")
    draw_tile(projection.pk, Tile(0, 0, 0))
    whole = Region(rectangle=np.array([[-1e6, -1e6], [1e6, 1e6]]))
    collection = Collection.objects.create(owner=owner, name="Trip")
    put_into(collection, [image.pk])
    share_collection(collection, "viewer", CollectionMember.Role.VIEWER)
    share_collection(collection, "editor", CollectionMember.Role.EDITOR)
    renew_link(collection)
    invitation, secret = create_invitation(people["staff"])
    return World(
        dataset=dataset,
        image=image,
        projection=projection,
        run=Run.objects.create(dataset=dataset, kind=Run.Kind.INDEX, encoder="e", state=Run.State.DONE),
        cancelled=Run.objects.create(dataset=dataset, kind=Run.Kind.PROJECT, encoder="e", state=Run.State.CANCELLED),
        # A selection that a visitor made belongs to whoever has its token.
        selection=select(dataset, projection, AnonymousUser(), whole, None).token,
        collection=collection,
        ids=_owned(owner) | {"invitation": invitation.pk},
        invitation=secret,
    )


def client_of(who: str) -> Client:
    """A browser of that person; that of `closed` was signed in before the account was switched off."""
    client = Client(raise_request_exception=False)
    if who == "anonymous":
        return client
    client.force_login(User.objects.get(username=who))
    if who == "closed":
        User.objects.filter(username=who).update(is_active=False)
    return client


def _give_roles(dataset: Dataset, people: dict[str, User]) -> None:
    role = DatasetRole.Role
    group = Group.objects.create(name="Friends")
    people["member"].groups.add(group)
    give_group(dataset, group, role.VIEWER)
    given = (("viewer", role.VIEWER), ("closed", role.OWNER), ("editor", role.EDITOR), ("partner", role.OWNER))
    for name, what in given:
        give_person(dataset, name, what)
    withdraw(dataset, give_person(dataset, "former", role.OWNER).pk)


def _owned(owner: User) -> dict[str, Any]:
    TOTP.activate(owner, generate_totp_secret())
    RecoveryCodes.activate(owner)
    session = UserSession.objects.create(user=owner, ip="192.0.2.1", session_key="another", user_agent="a browser")
    return {
        "search": save_search(owner, "Mine", "q=red&dataset=secrets").pk,
        "token": create_token(owner, "a program", ["read"])[0].pk,
        "session": session.pk,
    }
