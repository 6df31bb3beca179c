"""What can be exported: the hits of a search, chosen images, the images of a collection or a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.db.models import QuerySet

from search.encoders.base import public_name
from search.models import CollectionImage, Dataset, Image
from search.permissions.visibility import Person, hidden_datasets, visible_images
from search.retrieval.request import Search
from search.retrieval.results import Group, Results
from search.retrieval.search import MAX_HITS

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Exported:
    """An image and, where it is a hit, how it was found; scores of different encoders cannot be compared."""

    image: Image
    name: str
    """Below the dataset's folder; only the file's own name where the dataset is hidden from who exports."""

    dataset: str
    """Empty where it is hidden from who exports."""

    rank: int | None = None
    score: float | None = None
    encoder: str = ""
    index_version: int | None = None

    @property
    def is_hidden(self) -> bool:
        """Tell whether it is seen only because its collection is shared."""
        return not self.dataset


class SearchHits:
    """The hits of a search, page after page from the versions that the first page came from.

    The first page is searched for at once. Raises what `retrieval.search.search` raises.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._first = search.run(k=MAX_HITS)
        self.notices = [f"{one.dataset.name} is left out. {one.reason}" for one in self._first.left_out]
        """Sentences on how the answer differs from the request; complete once all hits were taken."""

    def __iter__(self) -> Iterator[Exported]:
        return self._from(self._first)

    def _from(self, results: Results) -> Iterator[Exported]:
        """Usually one group goes on as one; it has become two if one of its datasets has another encoder by now."""
        for group in results.groups:
            yield from self._of(group)
            if group.cursor:
                following = self._search.run(k=MAX_HITS, cursor=group.cursor)
                self._note(following)
                yield from self._from(following)

    def _note(self, results: Results) -> None:
        if results.notice and results.notice not in self.notices:
            self.notices.append(results.notice)

    def _of(self, group: Group) -> Iterator[Exported]:
        numbers = {one.dataset.pk: one.version.number for one in group.answered}
        encoder = public_name(group.encoder.name)
        for hit in group.hits:
            image = hit.image
            yield Exported(
                image, image.name, image.dataset.name, hit.rank, hit.score, encoder, numbers[image.dataset_id]
            )


def chosen_images(person: Person, image_ids: Sequence[int]) -> Iterator[Exported]:
    """Return the images among these that the person may see, in this order."""
    ids = list(dict.fromkeys(image_ids))
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        images = visible_images(person).in_bulk(some)
        yield from (Exported(images[pk], images[pk].name, images[pk].dataset.name) for pk in some if pk in images)


def dataset_images(dataset: Dataset) -> Iterator[Exported]:
    """Every readable image of a dataset that the person who asks may see, in the order of their ids."""
    last = 0
    ready = dataset.images.filter(state=Image.State.READY).order_by("pk").select_related("dataset")
    while some := list(ready.filter(pk__gt=last)[:_AT_ONCE]):
        yield from (Exported(image, image.name, dataset.name) for image in some)
        last = some[-1].pk


def collected_images(person: Person, entries: QuerySet[CollectionImage]) -> Iterator[Exported]:
    """The images of `visibility.entries_in`, those added last first."""
    entries = entries.order_by("-pk")
    some = list(entries[:_AT_ONCE])
    while some:
        hidden = hidden_datasets(person, {entry.image.dataset_id for entry in some})
        for entry in some:
            image = entry.image
            is_hidden = image.dataset_id in hidden
            name = PurePosixPath(image.name).name if is_hidden else image.name
            yield Exported(image, name, "" if is_hidden else image.dataset.name)
        some = list(entries.filter(pk__lt=some[-1].pk)[:_AT_ONCE])
