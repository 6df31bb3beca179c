"""Making, naming, filling and sharing collections; who may do it is decided in `search.permissions.visibility`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from search.collections.membership import collect_images
from search.collections.names import clean_name, unless_taken
from search.errors import KeepingRefused
from search.models import Collection, CollectionImage, CollectionMember, Image
from search.permissions.visibility import Person, entries_in, visible_collections

COUNTED = 10_000
"""The images of a collection that are counted; beyond, a page says that there are more: counting all takes too long."""

_COVERS = 5
_LINK_BYTES = 24


@dataclass(frozen=True, slots=True)
class AddResult:
    """The numbers of images that were put into a collection, and that lay in it already."""

    added: int
    already: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers of images that somebody sees in a collection, and that they do not; each at most `COUNTED` + 1."""

    seen: int
    hidden: int


@dataclass(frozen=True, slots=True)
class CollectionCard:
    """A collection as lists show it to one person."""

    collection: Collection
    count: int
    covers: list[Image]
    role: str
    """`owner`, `editor`, `viewer`, or empty for who sees it as everybody or as staff."""


def create_collection(owner: User, name: str) -> Collection:
    """Creates an empty collection that only its owner sees. Raises KeepingRefused for a wrong or a taken name."""
    name = clean_name("collection", name)
    with unless_taken("collection", name):
        return Collection.objects.create(owner=owner, name=name)


def rename_collection(collection: Collection, name: str) -> None:
    """Renames a collection. Raises KeepingRefused as `create_collection` does."""
    name = clean_name("collection", name)
    with unless_taken("collection", name):
        Collection.objects.filter(pk=collection.pk).update(name=name)
    collection.name = name


def delete_collection(collection: Collection) -> None:
    """Deletes a collection with its members and its link; the images stay in their datasets."""
    collection.delete()


def add_images(collection: Collection, images: QuerySet[Image]) -> AddResult:
    """Puts images into the collection that the person who adds them may see."""
    count = images.count()
    added = collect_images(images, collection)
    return AddResult(added, count - added)


def remove_images(collection: Collection, image_ids: Iterable[int]) -> int:
    """Takes images out of the collection; returns how many lay in it."""
    return CollectionImage.objects.filter(collection=collection, image_id__in=list(image_ids)).delete()[0]


def share_collection(collection: Collection, user_name: str, role: str) -> CollectionMember:
    """Shares a collection with a person, or changes their role. Raises KeepingRefused for the owner and the unknown."""
    if role not in CollectionMember.Role.values:
        raise KeepingRefused(f"There is no role {role[:40]!r}; it is one of {', '.join(CollectionMember.Role.values)}.")
    user_name = user_name.replace("\0", "").strip()
    person = User.objects.filter(username=user_name, is_active=True).first()
    if person is None:
        raise KeepingRefused(f"Nobody signs in here as {user_name[:150]!r}. Ask for the name with which they sign in.")
    if person.pk == collection.owner_id:
        raise KeepingRefused(f"{person.username} owns this collection and may do everything with it already.")
    member, _ = CollectionMember.objects.update_or_create(collection=collection, person=person, defaults={"role": role})
    return member


def unshare_collection(collection: Collection, person_id: int) -> bool:
    """Ends sharing with a person, who may do so themselves; returns whether it was shared with them."""
    return bool(collection.members.filter(person_id=person_id).delete()[0])


def renew_link(collection: Collection) -> str:
    """Gives a collection a link that nobody can guess, and returns it; an earlier link leads nowhere from now on."""
    collection.link = secrets.token_urlsafe(_LINK_BYTES)
    collection.save(update_fields=["link"])
    return collection.link


def revoke_link(collection: Collection) -> None:
    """Takes the link away, which leads nowhere from now on."""
    collection.link = None
    collection.save(update_fields=["link"])


def collection_cards(person: Person, collections: Iterable[Collection]) -> list[CollectionCard]:
    """Returns the cards of collections; a few queries each, so only for a page of them."""
    roles = dict(CollectionMember.objects.filter(person_id=person.pk).values_list("collection_id", "role"))
    return [_card(person, one, roles.get(one.pk, "")) for one in collections]


def own_and_shared(person: Person) -> tuple[QuerySet[Collection], QuerySet[Collection]]:
    """Returns the collections of the person, and those that others share with them or with everybody; newest first."""
    visible = visible_collections(person).select_related("owner").order_by("-pk")
    shared = visible.exclude(owner_id=person.pk)
    if getattr(person, "is_staff", False):
        memberships = CollectionMember.objects.filter(person_id=person.pk).values("collection_id")
        public = Collection.Visibility.PUBLIC
        shared = shared.filter(pk__in=memberships) | shared.filter(visibility=public)
    return visible.filter(owner_id=person.pk), shared


def sizes_of(collection: Collection, entries: QuerySet[CollectionImage]) -> Sizes:
    """Counts the images of a collection, and those among `entries`, which somebody sees."""
    seen = _count(entries)
    everything = count_images(collection)
    return Sizes(seen, everything - seen if everything <= COUNTED else 0)


def count_images(collection: Collection) -> int:
    """Counts all images of a collection, whoever sees them; `COUNTED` + 1 where there are more."""
    return _count(CollectionImage.objects.filter(collection=collection))


def _count(entries: QuerySet[CollectionImage]) -> int:
    return entries.order_by()[: COUNTED + 1].count()


def _card(person: Person, collection: Collection, role: str) -> CollectionCard:
    entries = entries_in(collection, person)
    covers = entries.select_related(None).select_related("image").only("image__placeholder")
    return CollectionCard(
        collection=collection,
        count=_count(entries),
        covers=[entry.image for entry in covers.filter(image__state=Image.State.READY).order_by("-pk")[:_COVERS]],
        role="owner" if collection.owner_id == person.pk else role,
    )
