"""Images by a part of their names, where the database keeps an index for that."""

from __future__ import annotations

import numpy as np
from django.db import connection

from search.models.name_index import name_index_stands
from search.values import Int64Array

_MOST_TRIGRAMS = 16
"""Each costs reading how many images have it; so many leave few images that have no more than these in common."""


def images_named(text: str, at_most: int) -> Int64Array | None:
    """Ids of images, of any dataset and state, with all whose name contains the text among them, ascending.

    The caller compares the names themselves: the index knows neither the order of characters nor which cases the
    database takes for equal. None where it is no help: more than `at_most` images, fewer than three characters, no
    index. On PostgreSQL too, which uses its index by itself when it compares names.
    """
    # The trigrams of FTS5 match nothing for one or two characters.
    if len(text) < 3 or at_most < 1 or connection.vendor != "sqlite" or not name_index_stands(connection):
        return None
    with connection.cursor() as cursor:
        query = "SELECT rowid FROM search_image_names WHERE search_image_names MATCH %s LIMIT %s"
        cursor.execute(query, [_all_trigrams_of(text), at_most + 1])
        ids = np.fromiter((row[0] for row in cursor), np.int64)
    return np.sort(ids) if len(ids) <= at_most else None


def _all_trigrams_of(text: str) -> str:
    """The expression of FTS5 for names that have every three characters that stand in a row in the text."""
    trigrams = list(dict.fromkeys(text[start : start + 3] for start in range(len(text) - 2)))
    step = -(-len(trigrams) // _MOST_TRIGRAMS)
    # In quotation marks, those inside doubled: bare words such as a-b and it's are syntax errors of FTS5.
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams[::step])
