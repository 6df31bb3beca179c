"""The filters of a search, read from parameters."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Self

from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, model_validator

from search.errors import InvalidQuery
from search.maps.selections import selection_of
from search.models import Collection
from search.permissions.visibility import Person, collection_named, visible_collections
from search.retrieval.parameters import Day, Flag, Parameters, Shape, Side, Tags, Text
from search.values import Filters


class Request(BaseModel):
    """Parameters that are read together."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def read(cls, parameters: Parameters) -> Self:
        """The parameters that this request knows; others are nothing to it. Raises InvalidQuery."""
        return cls.model_validate(dict(parameters))


class FilterRequest(Request):
    """The filters as parameters. Days are those of the site's time zone, the last one included."""

    taken_from: Day = Field(None, description="First day on which the picture was taken.")
    taken_until: Day = Field(None, description="Last day on which it was taken.")
    added_from: Day = Field(None, description="First day on which it was added to the dataset.")
    added_until: Day = Field(None, description="Last day on which it was added.")
    orientation: Shape = Field(None, description="Its shape.")
    min_side: Side = Field(None, description="Pixels that its shorter side has at least.")
    name: Text = Field("", description="A part of its file name or folder.")
    tag: Tags = Field((), description="A tag that it carries; may be repeated, then it carries each.")
    collection: Text = Field("", description="Number or name of a collection in which it lies.")
    selection: Text = Field("", description="Token of a selection on a map, in which it lies.")
    without_errors: Flag = Field(False, description="Leave out images of which a file stands in the error ledger.")
    collapse: Flag = Field(False, description="Of images that are copies of each other, only the best one.")

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        for what, first, last in (
            ("taken", self.taken_from, self.taken_until),
            ("added", self.added_from, self.added_until),
        ):
            if first and last and first > last:
                raise InvalidQuery(
                    f"The parameter {what}_from ({first}) lies after {what}_until ({last}); exchange them."
                )
        return self

    def collection_for(self, person: Person | None) -> Collection | None:
        """The collection that is named, which the person may see; None is the console. Raises UnknownCollection."""
        if not self.collection:
            return None
        collections = Collection.objects.all() if person is None else visible_collections(person)
        return collection_named(self.collection, collections)

    def filters_for(self, person: Person | None) -> Filters:
        """The filters with what they name looked up. Raises UnknownCollection and UnknownSelection."""
        collection = self.collection_for(person)
        return Filters(
            taken_from=_midnight(self.taken_from),
            taken_until=_midnight(self.taken_until, days_later=1),
            added_from=_midnight(self.added_from),
            added_until=_midnight(self.added_until, days_later=1),
            orientation=self.orientation,
            shorter_side_from=self.min_side,
            name_contains=self.name,
            tags=self.tag,
            collection=collection.pk if collection else None,
            selection=selection_of(self.selection, person).token if self.selection else "",
            without_errors=self.without_errors,
            is_collapsed=self.collapse,
        )


FILTER_NAMES = tuple(FilterRequest.model_fields)
FLAGS = frozenset({"without_errors", "collapse"})
"""Filters that are switched on or off."""


def _midnight(day: date | None, *, days_later: int = 0) -> datetime | None:
    if day is None:
        return None
    begin = datetime.combine(day + timedelta(days=days_later), time.min)
    return timezone.make_aware(begin, timezone.get_default_timezone())
