"""Terms as the text of a query, in the syntax that `search.query.syntax` reads."""

from __future__ import annotations

from collections.abc import Sequence

from search.errors import BadTerm
from search.query.syntax import parse
from search.values import Term, TermKind


def write_query(terms: Sequence[Term]) -> str:
    """The terms as one text, always in the same way: `parse(write_query(terms)) == terms`."""
    if len(terms) == 1 and terms[0].kind is TermKind.TEXT and terms[0].weight == 1:
        words = terms[0].value
        if _is_plain(words):
            return words
    parts = []
    for position, term in enumerate(terms):
        sign = "-" if term.weight < 0 else "+"
        if position:
            parts.append(f" {sign} ")
        elif term.weight < 0:
            parts.append(sign)
        parts.append(_write_signed(term))
    return "".join(parts)


def write_value(term: Term) -> str:
    """One term without sign and weight."""
    if term.kind is TermKind.TEXT:
        return _quoted(term.value)
    return f"{term.kind}:{_quoted(term.value) if term.kind is TermKind.URL else term.value}"


def digits(weight: float) -> str:
    """The shortest digits that mean exactly this weight, the sign left out."""
    return repr(abs(weight)).removesuffix(".0")  # no weight is so small that an exponent is needed


def _write_signed(term: Term) -> str:
    return write_value(term) if abs(term.weight) == 1 else f"{digits(term.weight)}:{write_value(term)}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_plain(words: str) -> bool:
    try:
        return parse(words) == (Term(TermKind.TEXT, words),)
    except BadTerm:
        return False
