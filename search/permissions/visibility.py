"""Who may see and manage which dataset and collection: the one place that decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db.models import Q, QuerySet

from search.errors import UnknownCollection, UnknownDataset
from search.models import Collection, CollectionImage, CollectionMember, Dataset, DatasetRole, Image

Person = AbstractBaseUser | AnonymousUser


def visible_datasets(person: Person) -> QuerySet[Dataset]:
    """Returns the public datasets, those that the person owns or has a role in, and for staff all.

    Whoever is not signed in sees the public ones, where the site lets them see any.
    """
    if getattr(person, "is_staff", False):
        return Dataset.objects.all()
    public = Q(visibility=Dataset.Visibility.PUBLIC)
    if not person.pk:
        return Dataset.objects.filter(public) if settings.ANONYMOUS else Dataset.objects.none()
    return Dataset.objects.filter(public | Q(owner_id=person.pk) | Q(pk__in=_roles_of(person)))


def visible_images(person: Person) -> QuerySet[Image]:
    """Returns the images of the visible datasets, the dataset joined."""
    return Image.objects.filter(dataset__in=visible_datasets(person)).select_related("dataset")


def managed_datasets(person: Person) -> QuerySet[Dataset]:
    """Returns the datasets that the person owns, alone or with others, and for staff all; none for a closed account."""
    return _datasets_of(person, DatasetRole.Role.OWNER)


def editable_datasets(person: Person) -> QuerySet[Dataset]:
    """Returns the datasets whose images the person may tag and sort: of owners and editors, and for staff all."""
    return _datasets_of(person, DatasetRole.Role.OWNER, DatasetRole.Role.EDITOR)


def can_manage(person: Person, dataset: Dataset) -> bool:
    """Tells whether a dataset is one of the `managed_datasets`: to index it, draw its map and share it."""
    return _has(person, dataset, managed_datasets)


def can_edit(person: Person, dataset: Dataset) -> bool:
    """Tells whether a dataset is one of the `editable_datasets`: to tag images, name clusters, decide on copies."""
    return _has(person, dataset, editable_datasets)


def visible_collections(person: Person) -> QuerySet[Collection]:
    """Returns the public collections, those that the person owns or that are shared with them, and for staff all."""
    if getattr(person, "is_staff", False):
        return Collection.objects.all()
    public = Q(visibility=Collection.Visibility.PUBLIC)
    if not person.pk:
        return Collection.objects.filter(public) if settings.ANONYMOUS else Collection.objects.none()
    return Collection.objects.filter(public | Q(owner_id=person.pk) | Q(pk__in=_shared_with(person)))


def joined_collections(person: Person) -> QuerySet[Collection]:
    """Returns the collections that are shared with the person by name, and that they may leave."""
    return Collection.objects.filter(pk__in=_shared_with(person)) if person.pk else Collection.objects.none()


def editable_collections(person: Person) -> QuerySet[Collection]:
    """Returns the collections into which the person may put images and from which they may take some."""
    if getattr(person, "is_staff", False):
        return Collection.objects.all()
    if not person.pk:
        return Collection.objects.none()
    as_editor = _shared_with(person, role=CollectionMember.Role.EDITOR)
    return Collection.objects.filter(Q(owner_id=person.pk) | Q(pk__in=as_editor))


def managed_collections(person: Person) -> QuerySet[Collection]:
    """Returns the collections that the person may rename, share and delete: owner and staff."""
    if getattr(person, "is_staff", False):
        return Collection.objects.all()
    return Collection.objects.filter(owner_id=person.pk) if person.pk else Collection.objects.none()


def linked_collection(link: str) -> Collection | None:
    """Returns the collection whose link this is; none once it was revoked or its owner's account is switched off."""
    if "\0" in link:  # a database refuses it
        return None
    return Collection.objects.filter(link=link, owner__is_active=True).select_related("owner").first()


def entries_in(collection: Collection, person: Person, *, by_link: bool = False) -> QuerySet[CollectionImage]:
    """Returns the images of a collection that the person may look at there; image and dataset joined.

    Those of visible datasets, to everybody. Whoever the collection is shared with, by name or `by_link`, sees besides
    those of datasets that its owner manages now: who shares them is who may. Nothing else of such a dataset is visible.
    """
    datasets = Q(image__dataset__in=visible_datasets(person))
    is_member = bool(person.pk) and collection.members.filter(person_id=person.pk).exists()
    if by_link or is_member:
        datasets |= Q(image__dataset__in=managed_datasets(collection.owner))
    return CollectionImage.objects.filter(datasets, collection=collection).select_related("image__dataset")


def hidden_datasets(person: Person, dataset_ids: Iterable[int]) -> set[int]:
    """Returns those of the datasets that the person may not see, although a collection shows images of them."""
    ids = set(dataset_ids)
    return ids - set(visible_datasets(person).filter(pk__in=ids).values_list("pk", flat=True))


def _datasets_of(person: Person, *roles: str) -> QuerySet[Dataset]:
    if not person.pk or not person.is_active:
        return Dataset.objects.none()
    if getattr(person, "is_staff", False):
        return Dataset.objects.all()
    return Dataset.objects.filter(Q(owner_id=person.pk) | Q(pk__in=_roles_of(person).filter(role__in=roles)))


def _has(person: Person, dataset: Dataset, datasets: Callable[[Person], QuerySet[Dataset]]) -> bool:
    is_theirs = getattr(person, "is_staff", False) or dataset.owner_id == person.pk
    if person.pk and person.is_active and is_theirs:
        return True  # as most often, and without a query
    return datasets(person).filter(pk=dataset.pk).exists()


def _roles_of(person: Person) -> QuerySet[DatasetRole, int]:
    """Returns ids of datasets in which the person has a role, by name or by a group; to be put into a query."""
    groups = Group.objects.filter(user=person.pk).order_by().values("pk")
    theirs = DatasetRole.objects.filter(Q(person_id=person.pk) | Q(group_id__in=groups))
    return theirs.order_by().values_list("dataset_id", flat=True)


def _shared_with(person: Person, **filters: str) -> QuerySet[CollectionMember, int]:
    return CollectionMember.objects.filter(person_id=person.pk, **filters).values_list("collection_id", flat=True)


def dataset_named(name: str, among: QuerySet[Dataset]) -> Dataset:
    """Returns the dataset of that name or slug. Raises UnknownDataset, which lists the names there are."""
    matches = list(among.filter(Q(name__iexact=name) | Q(slug=name)).order_by())
    if matches:
        return min(matches, key=lambda one: (one.name != name, one.slug != name))
    names = ", ".join(sorted(among.values_list("name", flat=True)[:10]))
    known = f"There is: {names}." if names else "There is no dataset yet."
    raise UnknownDataset(f"There is no dataset {name!r} here. {known}")


def collection_named(name: str, among: QuerySet[Collection]) -> Collection:
    """Returns the collection of that number or name. Raises UnknownCollection for none, and for several of a name."""
    if name.isdecimal() and len(name) < 19:
        numbered = among.filter(pk=int(name)).first()
        if numbered is not None:
            return numbered
    matches = list(among.filter(name__iexact=name)[:2])
    if len(matches) > 1:
        raise UnknownCollection(f"Several collections are called {name!r}. Name the one you mean by its number.")
    if not matches:
        raise UnknownCollection(f"There is no collection {name[:40]!r} here.")
    return matches[0]
