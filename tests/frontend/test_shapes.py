"""The classes that give images of a grid their shape, and the style sheet that says what each means."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from clipsite.web.images.aspect_classes import RATIOS, shape
from search.models import Image

SHEET = Path(settings.BASE_DIR) / "static/css/shapes.css"


def test_the_style_sheet_says_what_the_page_means() -> None:
    rules = "\n".join(f".r{number} {{ --ratio: {ratio:.4g}; }}" for number, ratio in enumerate(RATIOS))
    comment, _, written = SHEET.read_text(encoding="utf-8").partition("\n")
    assert comment.startswith("/*")
    assert written == f"{rules}\n"


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (3, 2), (2, 3), (640, 480), (1080, 1920), (1250, 1000), (1000, 3000)]
)
def test_a_class_is_close_to_the_true_shape(width: int, height: int) -> None:
    ratio = RATIOS[int(shape(Image(width=width, height=height)).removeprefix("r"))]
    assert ratio == pytest.approx(width / height, rel=0.013)


@pytest.mark.parametrize(
    ("width", "height", "name"), [(10_000, 10, "r127"), (10, 10_000, "r0"), (0, 0, ""), (5, 0, "")]
)
def test_extremes_are_bounded_and_unknown_sizes_have_no_class(width: int, height: int, name: str) -> None:
    assert shape(Image(width=width, height=height)) == name


def test_the_grid_needs_no_other_style_than_classes() -> None:
    templates = Path(settings.BASE_DIR) / "templates"
    images = (templates / "partials/_grid.html").read_text(encoding="utf-8")
    hits = (templates / "jinja2/hits.html").read_text(encoding="utf-8")
    assert re.findall(r"<li class=.*?>", images)[0].startswith('<li class="{{ image|shape }}"')
    assert re.findall(r"<li class=.*?>", hits)[0].startswith('<li class="{{ shape(image) }}"')
    assert "style" not in images.replace("style sheets", "") + hits
