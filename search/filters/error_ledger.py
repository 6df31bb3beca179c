"""Which images have an error that stands: whoever keeps the ledger says so, since it stands above the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from search.models import Dataset, Image

Source = Callable[[Dataset], QuerySet[Any, Any]]
"""The ids of a dataset's images that have an error, as a query of one column."""


class Faults:
    """Asks the ledger that was named when the site started; without one, no image has an error."""

    def __init__(self) -> None:
        self._source: Source = _none

    def kept_by(self, source: Source) -> None:
        self._source = source

    def image_ids(self, dataset: Dataset) -> QuerySet[Any, Any]:
        return self._source(dataset)


def _none(dataset: Dataset) -> QuerySet[Any, Any]:
    return Image.objects.none().values("pk")


faults = Faults()
