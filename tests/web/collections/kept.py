"""A collection that is shared in every way, and the people who look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.test import Client

from search.collections.collections import renew_link, share_collection
from search.images.derivatives import derive_images
from search.ingest.records import ingest_chunk
from search.models import Collection, CollectionMember, Dataset, Image, SavedSearch
from search.saved_searches.saved_searches import save_search
from tests.conftest import MakeDataset, MakeImages, files_of
from tests.library import put_into

PEOPLE = ("anonymous", "stranger", "viewer", "editor", "owner", "staff")


@dataclass(frozen=True)
class Trip:
    """The owner's collection of an image of a public dataset, one of the owner's and one of another person's."""

    collection: Collection
    public: Image
    owned: Image
    foreign: Image
    old_link: str
    saved: SavedSearch

    @property
    def link(self) -> str:
        assert self.collection.link
        return self.collection.link


def prepared(dataset: Dataset) -> Image:
    """The one image of a dataset, with its derivative."""
    ids = ingest_chunk(dataset, files_of(dataset)).image_ids
    derive_images(list(Image.objects.filter(pk__in=ids).select_related("dataset")))
    return dataset.images.get()


def make_trip(make_images: MakeImages, make_dataset: MakeDataset) -> Trip:
    people = {name: User.objects.create(username=name, is_staff=name == "staff") for name in (*PEOPLE[1:], "other")}
    public = prepared(make_dataset(make_images("public", red="red"), name="Public"))
    owned = prepared(make_dataset(make_images("owned", deep__secret="navy"), "Owned", people["owner"], private=True))
    foreign = prepared(make_dataset(make_images("foreign", far="olive"), "Foreign", people["other"], private=True))
    collection = Collection.objects.create(owner=people["owner"], name="Trip")
    put_into(collection, [public.pk, owned.pk, foreign.pk])
    share_collection(collection, "viewer", CollectionMember.Role.VIEWER)
    share_collection(collection, "editor", CollectionMember.Role.EDITOR)
    old_link = renew_link(collection)
    renew_link(collection)
    saved = save_search(people["owner"], "Mine", "q=red&dataset=public")
    return Trip(collection, public, owned, foreign, old_link, saved)


def client_of(who: str) -> Client:
    client = Client()
    if who != "anonymous":
        client.force_login(User.objects.get(username=who))
    return client


MakeTrip = Callable[[], Trip]
