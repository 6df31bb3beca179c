"""What the search field shows of a query: the words that stand in it, and a chip for each other term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse

from search.files.paths import query_picture_path
from search.query.pictures import token_of
from search.query.question import Question
from search.query.writer import digits, write_query, write_value
from search.values import Term, TermKind


@dataclass(frozen=True, slots=True)
class TermChip:
    """A term as the field shows it: `term` is written without sign and weight, `href` the address without it."""

    term: str
    label: str
    thumbnail: str
    is_negative: bool
    weight: str
    href: str


def composed(request: HttpRequest, question: Question) -> dict[str, Any]:
    """The terms of a question for the templates.

    Called after the search, by which time pictures at addresses are there to be shown.
    """
    terms = question.terms
    words = _words(terms)
    names = {str(image.pk): image.name for image in question.images}
    chips = [
        _chip(request, terms, position, names.get(term.value, ""))
        for position, term in enumerate(terms)
        if term is not words
    ]
    return {
        "query_text": write_query(terms),
        "like": question.like,
        "query_title": _title(terms, names),
        "term_words": write_query([words]) if words else "",
        "term_chips": chips,
    }


def _title(terms: Sequence[Term], names: dict[str, str]) -> str:
    """The query for people: pictures by what they are called."""
    labels = [_label(term, names.get(term.value, "")) for term in terms]
    signs = [" - " if term.weight < 0 else " + " for term in terms]
    return "".join(sign + label for sign, label in zip(signs, labels, strict=True)).removeprefix(" + ").strip()


def _words(terms: Sequence[Term]) -> Term | None:
    """The first text that is looked for with the usual weight stays in the field, to be changed there."""
    return next((term for term in terms if term.kind is TermKind.TEXT and term.weight == 1), None)


def _chip(request: HttpRequest, terms: Sequence[Term], position: int, name: str) -> TermChip:
    term = terms[position]
    rest = [*terms[:position], *terms[position + 1 :]]
    return TermChip(
        term=write_value(term),
        label=_label(term, name),
        thumbnail=_thumbnail(term),
        is_negative=term.weight < 0,
        weight=digits(term.weight),
        href=_address(request, write_query(rest)) if rest else "",
    )


def _label(term: Term, name: str) -> str:
    if term.kind is TermKind.TEXT:
        return term.value
    if term.kind is TermKind.IMAGE:
        return name
    return urlsplit(term.value).hostname or "picture" if term.kind is TermKind.URL else "uploaded picture"


def _thumbnail(term: Term) -> str:
    if term.kind is TermKind.TEXT:
        return ""
    if term.kind is TermKind.IMAGE:
        return reverse("thumbnail", args=[term.value])
    token = token_of(term.value) if term.kind is TermKind.URL else term.value
    return reverse("query-picture", args=[token]) if query_picture_path(token).exists() else ""


def _address(request: HttpRequest, text: str) -> str:
    """This page's address for another query; `q` stands last, so that more can be written behind it."""
    parameters = request.GET.copy()
    for name in ("q", "like", "cursor"):
        parameters.pop(name, None)
    parameters["q"] = text
    return f"{reverse('search')}?{parameters.urlencode()}"
