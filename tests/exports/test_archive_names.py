"""File names inside an archive are safe wherever it is unpacked, and none replaces another."""

from __future__ import annotations

import pytest

from search.exports.names import ArchiveNames


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("summer/day 1.jpg", "summer/day 1.jpg"),
        ("été/日本.jpg", "été/日本.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\windows\\x.jpg", "C__windows_x.jpg"),
        ("a/./b//c.jpg", "a/b/c.jpg"),
        ("what?.jpg", "what_.jpg"),
        ("two\nlines.jpg", "two_lines.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("aux/lpt1", "_aux/_lpt1"),
        ("dots. . .", "dots"),
        ("..", "image"),
        ("", "image"),
        ("errors.txt", "errors (2).txt"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_safe(name: str, safe: str) -> None:
    assert ArchiveNames("errors.txt").unique(name) == safe


def test_no_name_comes_twice_even_where_case_does_not_count() -> None:
    names = ArchiveNames()
    given = [names.unique(name) for name in ("a.jpg", "A.jpg", "a (2).jpg", "a.jpg", "b/a.jpg")]
    assert given == ["a.jpg", "A (2).jpg", "a (2) (2).jpg", "a (3).jpg", "b/a.jpg"]
    assert len({name.casefold() for name in given}) == 5
