"""Addresses of images as answers carry them."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from typing_extensions import TypedDict

_ANY = 10**17
"""Stands for an id while an address is taken apart."""


class ImageAddresses(TypedDict):
    """The page of an image, its derivative and its original, with the host."""

    url: str
    thumbnail_url: str
    original_url: str


class Addresses:
    """Says where images are; made once an answer, since Django takes long to put an address together."""

    def __init__(self, request: HttpRequest) -> None:
        root = request.build_absolute_uri("/").removesuffix("/")
        self._page, self._thumbnail, self._original = (
            f"{root}{reverse(name, args=[_ANY])}".split(str(_ANY)) for name in ("image", "thumbnail", "original")
        )

    def of(self, image_id: int) -> ImageAddresses:
        number = str(image_id)
        return {
            "url": number.join(self._page),
            "thumbnail_url": number.join(self._thumbnail),
            "original_url": number.join(self._original),
        }
