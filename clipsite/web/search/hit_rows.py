"""The tag `hit_rows`: the hits of a grid, by a template engine that is quick at them."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from clipsite.web.images.aspect_classes import shape
from search.retrieval.ranking import Hit

register = template.Library()

_FROM_PAGE = ("names_datasets", "is_everything", "is_folded")


@register.simple_tag(takes_context=True)
def hit_rows(context: Context, hits: Sequence[Hit] | None) -> SafeString:
    """A list item for each hit, as templates/jinja2/hits.html has it."""
    if not hits:
        return SafeString()
    # Looked up once: the address of an image differs from that of another in its number alone.
    before_id, _, after_id = reverse("image", args=[0]).rpartition("0")
    known = {name: context.get(name) for name in _FROM_PAGE}
    addresses = {"before_id": before_id, "after_id": after_id, "search_page": reverse("search")}
    rows = render_to_string("hits.html", {"hits": hits, "shape": shape} | known | addresses, using="jinja2")
    return SafeString(rows)  # the engine has escaped what it put in
