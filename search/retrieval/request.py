"""The one reader of searches: page, API, console, saved searches, exports and maps read their parameters here.

Reading needs no database and refuses values that make no sense; `resolve` then looks up what the values name, among
what the person may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from django.db.models import QuerySet
from pydantic import ConfigDict, Field, PlainValidator

from search.models import Dataset, Image
from search.permissions.visibility import (
    Person,
    dataset_named,
    visible_datasets,
    visible_images,
)
from search.query.question import Question, like_question, read_question
from search.query.syntax import MAX_QUERY
from search.retrieval.filter_request import FilterRequest, Request
from search.retrieval.parameters import (
    EVERYTHING,
    ImageId,
    Names,
    Score,
    Sort,
    last_of,
)
from search.retrieval.results import Results, above_threshold
from search.retrieval.search import search
from search.values import Order

_Query = Annotated[
    str,
    PlainValidator(
        lambda value: last_of(value).strip(),
        json_schema_input_type=Annotated[str, Field(min_length=1, max_length=MAX_QUERY)],
    ),
]


@dataclass(frozen=True, slots=True)
class Search:
    """A search that can run: every name in it is looked up. `min_relevance` replaces the relevance threshold."""

    question: Question
    datasets: list[Dataset]
    order: Order = Order.RELEVANCE
    min_relevance: float | None = None
    is_several: bool = False
    """Tells whether the answer has groups of datasets, however many there are."""

    def run(self, *, k: int, cursor: str = "", keeps_rest: bool = False) -> Results:
        """The hits. Those below a `min_relevance` are left out unless `keeps_rest`. Raises what `search.search` raises.

        The search page keeps the rest, which it folds.
        """
        results = search(
            self.question, self.datasets, k=k, cursor=cursor, order=self.order, min_relevance=self.min_relevance
        )
        return results if keeps_rest or self.min_relevance is None else above_threshold(results)


class _WordsRequest(Request):
    q: _Query = Field(
        "",
        description="What to look for, in the syntax of docs/query-syntax.md; mostly plain words.",
        json_schema_extra={"example": "a dog on a beach"},
    )


class _ScopeRequest(Request):
    """Where to search, and how the hits follow one another."""

    dataset: Names = Field(
        (),
        description=f"Name or slug of a dataset; may be repeated. `{EVERYTHING}` means all that you may see.",
        json_schema_extra={"example": ["holidays"]},
    )
    sort: Sort = Field(Order.RELEVANCE, description="How the hits follow one another.")
    min_relevance: Score = Field(
        None,
        description=(
            "Leave out hits below this score. Without it all come; `relevance_line` says where the relevant ones end."
        ),
    )

    @property
    def is_everything(self) -> bool:
        return EVERYTHING in self.dataset

    @property
    def is_several(self) -> bool:
        """Tell whether the answer is one of several datasets, however many there are."""
        return self.is_everything or len(self.dataset) > 1

    def datasets_for(self, person: Person | None) -> list[Dataset]:
        """The datasets that are named, each once, in that order; none where none is named. Raises UnknownDataset."""
        datasets = Dataset.objects.all() if person is None else visible_datasets(person)
        if self.is_everything:
            return list(datasets)
        matches = [dataset_named(name, datasets) for name in self.dataset]
        return list({dataset.pk: dataset for dataset in matches}.values())


# pydantic takes fields from the last base first: the schema names the words, then the scope, then the filters.
class SimilarRequest(FilterRequest, _ScopeRequest):
    """A search for images like one that the address names by itself."""

    def resolve_like(self, image: Image, person: Person | None) -> Search:
        """Searches the image's own dataset where none is named. Raises as `SearchRequest.resolve` does."""
        datasets = self.datasets_for(person) or [image.dataset]
        question = like_question(image, self.filters_for(person))
        return Search(question, datasets, self.sort, self.min_relevance, self.is_several)


class SearchRequest(SimilarRequest, _WordsRequest):
    """A search as API and console ask for it."""

    model_config = ConfigDict(json_schema_extra={"required": ["q", "dataset"]})

    @property
    def text(self) -> str:
        """The query as it is parsed."""
        return self.q

    def resolve(self, person: Person | None) -> Search:
        """Look up what the names stand for, among what the person may see; None is the console, which sees everything.

        Raises BadTerm, UnknownImage, UnknownDataset, UnknownCollection and UnknownSelection.
        """
        among = partial(visible_images, person) if person is not None else _every_image
        question = read_question(self.text, among, self.filters_for(person))
        datasets = self.datasets_for(person) or self._default_datasets(question, person)
        return Search(question, datasets, self.sort, self.min_relevance, self.is_several)

    def _default_datasets(self, question: Question, person: Person | None) -> list[Dataset]:
        return []


class PageSearchRequest(SearchRequest):
    """A search as addresses of the search page ask for it, which saved searches and exports keep.

    `like` is one more image of the query. A page that names no dataset searches that of the image, or the first one.
    """

    like: ImageId = None

    @property
    def text(self) -> str:
        if self.like is None:
            return self.q
        return f"{self.q} + image:{self.like}" if self.q else f"image:{self.like}"

    def _default_datasets(self, question: Question, person: Person | None) -> list[Dataset]:
        image = question.image(self.like) if self.like else question.like
        if image is not None:
            return [image.dataset]
        return [] if person is None else first_searchable(person)


def first_searchable(person: Person) -> list[Dataset]:
    """The first dataset that the person may search, if there is one."""
    searchable = visible_datasets(person).filter(live_version__isnull=False)
    return list(searchable.select_related("live_version__encoder")[:1])


def _every_image() -> QuerySet[Image]:
    return Image.objects.select_related("dataset")
