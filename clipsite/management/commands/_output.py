"""Printing results of commands: JSON for programs, tables for people."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def json_line(value: Any) -> str:
    """Returns the value as one line of JSON; a command writes it last."""
    return json.dumps(value, ensure_ascii=False)


def print_titled(title: str, table: Table) -> None:
    """Prints the title as a line of its own, which a table would break at its own width, and the table, if any."""
    console = Console()
    console.print(Text(title), soft_wrap=True)
    if table.row_count:
        console.print(table)
