"""Loading what a web process needs before its first query: text towers and live indexes."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, connection

from search.encoders import default
from search.errors import UserError
from search.index.live import live_indexes
from search.models import Dataset
from search.query.vectors import text_vector
from search.retrieval import relevance

logger = logging.getLogger(__name__)

warmed = threading.Event()
"""Set once this process has loaded what it could; what it could not, a query tries again and says why."""


def warm_query_path() -> None:
    """Loads a text tower per encoder in use (the default where there is none yet) and opens every live index."""
    try:
        live = list(Dataset.objects.filter(live_version__isnull=False).select_related("live_version__encoder"))
        names = {dataset.live_version.encoder.name for dataset in live if dataset.live_version}
        for name in names or {default.default_encoder().name}:
            text_vector(name, "a photo")
        for dataset in live:
            relevance.calibrations.of(live_indexes.of(dataset))
    except (UserError, DatabaseError) as error:
        logger.warning("the first query will be slower: %s", error)
    finally:
        warmed.set()
        connection.close()
