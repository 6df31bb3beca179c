"""Who may see and manage which dataset and collection: the one place that decides."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from search.errors import UnknownCollection, UnknownDataset
from search.models import Collection, Dataset, Image

Person = AbstractBaseUser | AnonymousUser


def visible_datasets(person: Person) -> QuerySet[Dataset]:
    """Public datasets, those that the person owns, and for staff all."""
    if getattr(person, "is_staff", False):
        return Dataset.objects.all()
    public = Q(visibility=Dataset.Visibility.PUBLIC)
    return Dataset.objects.filter(public | Q(owner_id=person.pk) if person.pk else public)


def visible_images(person: Person) -> QuerySet[Image]:
    """Images of the visible datasets, the dataset joined."""
    return Image.objects.filter(dataset__in=visible_datasets(person)).select_related("dataset")


def visible_collections(person: Person) -> QuerySet[Collection]:
    """Public collections, those that the person owns, and for staff all."""
    if getattr(person, "is_staff", False):
        return Collection.objects.all()
    public = Q(visibility=Collection.Visibility.PUBLIC)
    return Collection.objects.filter(public | Q(owner_id=person.pk) if person.pk else public)


def can_manage(person: Person, dataset: Dataset) -> bool:
    """Staff, and the owner."""
    return bool(getattr(person, "is_staff", False) or (person.pk and dataset.owner_id == person.pk))


def dataset_named(name: str, among: QuerySet[Dataset]) -> Dataset:
    """The dataset of that name or slug; raises UnknownDataset, which lists the names there are."""
    fitting = list(among.filter(Q(name__iexact=name) | Q(slug=name)))
    if fitting:
        return min(fitting, key=lambda one: (one.name != name, one.slug != name))
    names = ", ".join(sorted(among.values_list("name", flat=True)[:10]))
    known = f"There is: {names}." if names else "There is no dataset yet."
    raise UnknownDataset(f"There is no dataset {name!r} here. {known}")


def collection_named(name: str, among: QuerySet[Collection]) -> Collection:
    """The collection of that number or name; raises UnknownCollection for none, and for a name that several have."""
    if name.isdecimal() and len(name) < 19:
        numbered = among.filter(pk=int(name)).first()
        if numbered is not None:
            return numbered
    named = list(among.filter(name__iexact=name)[:2])
    if len(named) > 1:
        raise UnknownCollection(f"Several collections are called {name!r}. Name the one you mean by its number.")
    if not named:
        raise UnknownCollection(f"There is no collection {name[:40]!r} here.")
    return named[0]
