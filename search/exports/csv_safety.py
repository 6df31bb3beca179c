"""Lines of CSV that spreadsheets may open without harm."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
"""Without it, spreadsheets take the file for one in an old national encoding."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_line(cells: Iterable[object]) -> str:
    """One line; text that looks like a formula is made harmless, numbers stay numbers, none is an empty cell."""
    line = io.StringIO()
    csv.writer(line).writerow([_cell(cell) for cell in cells])
    return line.getvalue()


def harmless(cell: str) -> str:
    """A spreadsheet takes a cell that begins like a formula for one; an apostrophe before it makes it text."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _cell(cell: object) -> object:
    if cell is None:
        return ""
    return harmless(cell) if isinstance(cell, str) else cell
