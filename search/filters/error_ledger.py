"""Which images have an open error. `workers` keeps the ledger; `search` may not import it, so it is named at start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from search.models import Dataset, Image

Source = Callable[[Dataset], QuerySet[Any, Any]]
"""The ids of a dataset's images that have an error, as a query of one column."""


class ErrorLedger:
    """Reads the ledger that was named when the site started; without one, no image has an error."""

    def __init__(self) -> None:
        self._source: Source = _none

    def read_from(self, source: Source) -> None:
        """Names the ledger, when the site starts."""
        self._source = source

    def image_ids(self, dataset: Dataset) -> QuerySet[Any, Any]:
        """Ids of the images of a dataset of which a file stands in the ledger, as a query of one column."""
        return self._source(dataset)


def _none(dataset: Dataset) -> QuerySet[Any, Any]:
    return Image.objects.none().values("pk")


error_ledger = ErrorLedger()
