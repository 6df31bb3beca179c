"""The shape of an image in a grid, as a class: style sheets alone lay out the rows, and inline styles are forbidden."""

from __future__ import annotations

import math

from django import template

from search.models import Image

register = template.Library()

CLASSES = 128
FLATTEST = 5.0
TALLEST = 0.25
RATIOS = tuple(TALLEST * (FLATTEST / TALLEST) ** (number / (CLASSES - 1)) for number in range(CLASSES))
"""Width by height of each class; neighbours differ by 2.4%, so that at most 1.2% of a side is cut away."""


@register.filter
def shape(image: Image) -> str:
    """The class of an image; none while its size is not known."""
    if not image.width or not image.height:
        return ""
    ratio = min(FLATTEST, max(TALLEST, image.width / image.height))
    number = round(math.log(ratio / TALLEST) / math.log(FLATTEST / TALLEST) * (CLASSES - 1))
    return f"r{number}"
