"""Adding an image to a question, or taking it from it, by plain links: "more like this" and "less like this"."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from search.models import Image

_OF_THE_LIST = ("q", "like", "cursor", "image")


@dataclass(frozen=True, slots=True)
class Refinements:
    """Addresses of the question that led here, with the image added and taken away."""

    more: str
    less: str


def refinements(request: HttpRequest, image: Image) -> Refinements | None:
    """Return where a visitor may go on from an image to which results of ours led; None for whoever came another way.

    The question stands in the address that the browser says it comes from. So results need no further links, and the
    address of an image stays the same for everybody. static/js/search/refine.js does it on the page of results itself.
    """
    query = _question_of_referrer(request)
    if query is None:
        return None
    like = query.get("like", "")
    text = query.get("q", "").strip() or (f"image:{like}" if like else "")
    if not text:
        return None
    for name in _OF_THE_LIST:
        query.pop(name, None)
    query.setdefault("dataset", image.dataset.slug)
    return Refinements(*(_address(query, f"{text} {sign} image:{image.pk}") for sign in "+-"))


def _question_of_referrer(request: HttpRequest) -> QueryDict | None:
    left = urlsplit(request.headers.get("Referer", ""))
    if left.netloc != request.get_host() or left.path != reverse("search"):
        return None
    return QueryDict(left.query, mutable=True)


def _address(query: QueryDict, text: str) -> str:
    changed = query.copy()
    changed["q"] = text
    return f"{reverse('search')}?{changed.urlencode()}"
