"""The terms that the text of a query means; `docs/query-syntax.md` describes it for people."""

from __future__ import annotations

import re
from collections.abc import Iterator

from search.errors import BadTerm
from search.values import Term, TermKind

MAX_QUERY = 4000
"""Characters of a whole query."""

MAX_TEXT = 500
"""Characters of one text."""

MAX_TERMS = 10
MAX_ADDRESSES = 3
"""Each may take seconds to fetch."""

MAX_ADDRESS = 2000
LEAST_WEIGHT = 0.01
LARGEST_WEIGHT = 100.0

EMPTY = "The query is empty. Say what the picture shows, for example: a cat on a sofa."

_SIGN = re.compile(r"[+-](?![+-])")
_NUMBER = r"(?:[0-9][0-9.,]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf|infinity"
# What follows decides: "16:9" and "2: the return" are words.
_WEIGHT = re.compile(rf"(?:{_NUMBER}):(?=[^\s\d:+-])", re.IGNORECASE)
_KIND = re.compile(r"([A-Za-z]+):(?=[^\s:])")
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_REFERENCE = r"(?:image|upload|url):(?=\S)|https?://"
# Where words end: before a sign that stands after a space, and before whatever names a picture.
_END_OF_WORDS = re.compile(rf" (?=[+-](?![+-])|(?:(?:{_NUMBER}):)?(?:{_REFERENCE}))", re.IGNORECASE)
_STRAIGHT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_CURLY = re.compile(r"[“”„]((?:[^“”\"\\]|\\.)*)[“”\"]")
_ESCAPED = re.compile(r"\\([\"\\“”„])")
_UPLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HIGHEST_ID_DIGITS = 18
_SHOWN = 40


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a query, one at least. Raises BadTerm with a sentence that says what to write instead."""
    text = " ".join(text.replace("\0", "").split())
    if not text:
        raise BadTerm(EMPTY)
    if len(text) > MAX_QUERY:
        raise BadTerm(f"The query has {len(text)} characters; {MAX_QUERY} at most.")
    terms = tuple(_Reader(text).terms())
    if len(terms) > MAX_TERMS:
        raise BadTerm(f"The query has {len(terms)} terms; {MAX_TERMS} at most. Leave some out.")
    if sum(term.kind is TermKind.URL for term in terms) > MAX_ADDRESSES:
        raise BadTerm(f"The query names more than {MAX_ADDRESSES} pictures by address; upload the others.")
    return terms


def text_term(text: str) -> Term:
    """Words as they are, without any syntax. Raises BadTerm."""
    words = " ".join(text.replace("\0", "").split())
    if not words:
        raise BadTerm(EMPTY)
    if len(words) > MAX_TEXT:
        raise BadTerm(f"The text has {len(words)} characters; {MAX_TEXT} at most.")
    return Term(TermKind.TEXT, words)


def address_term(address: str) -> Term:
    """The picture at an address. Raises BadTerm for what is none."""
    return Term(TermKind.URL, _address(address.strip()))


class _Reader:
    """Reads a query, whose parts are parted by single spaces, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def terms(self) -> Iterator[Term]:
        while self._at < len(self._text):
            yield self._term(self._sign())

    def _term(self, sign: str) -> Term:
        weight = self._weight()
        if sign == "-":
            weight = -weight
        kind, value = self._value()
        return Term(kind, value, weight)

    def _sign(self) -> str:
        """The sign before a term; none means that it is added."""
        match = _SIGN.match(self._text, self._at)
        if match is None:
            return ""
        sign = match.group()
        self._skip(match.end())
        if self._at == len(self._text):
            raise BadTerm(f"Nothing follows the last {sign}. Write what it is for, or leave it out.")
        following = _SIGN.match(self._text, self._at)
        if following is not None:
            raise BadTerm(f"Two signs follow each other: {sign} {following.group()}. Keep the one that you mean.")
        return sign

    def _weight(self) -> float:
        match = _WEIGHT.match(self._text, self._at)
        if match is None:
            return 1.0
        self._at = match.end()
        return _weight_of(match.group()[:-1])

    def _value(self) -> tuple[TermKind, str]:
        if self._text[self._at] in '"“”„':
            return TermKind.TEXT, text_term(self._quotation()).value
        address = _ADDRESS.match(self._text, self._at)
        if address is not None:
            self._skip(address.end())
            return TermKind.URL, _address(address.group())
        kind = _KIND.match(self._text, self._at)
        if kind is not None:
            return self._reference(kind.group(1), kind.end())
        return TermKind.TEXT, self._words()

    def _words(self) -> str:
        match = _END_OF_WORDS.search(self._text, self._at)
        end = match.start() if match else len(self._text)
        words = self._text[self._at : end]
        self._skip(end)
        return text_term(words).value

    def _quotation(self) -> str:
        pattern = _STRAIGHT if self._text[self._at] == '"' else _CURLY
        match = pattern.match(self._text, self._at)
        if match is None:
            rest = _short(self._text[self._at :])
            raise BadTerm(f"The quotation mark before {rest} is never closed. Add one after the words it is for.")
        if not match.group(1).strip():
            raise BadTerm('There is nothing between the quotation marks "". Write words there, or leave them out.')
        self._skip(match.end())
        return _ESCAPED.sub(r"\1", match.group(1))

    def _reference(self, name: str, begin: int) -> tuple[TermKind, str]:
        """Read a name of a picture: `kind:value`, the value in quotation marks or up to the next space."""
        known = {kind.value: kind for kind in TermKind if kind is not TermKind.TEXT}
        kind = known.get(name.lower())
        self._at = begin
        if kind is None:
            whole = f"{name}:{self._text[begin:].partition(' ')[0]}".replace('"', "")
            raise BadTerm(
                f"There is no kind of term called {_short(name)}: it is one of {', '.join(known)}. "
                f'If these are words to look for, put them in quotation marks: "{_short(whole)}".'
            )
        if self._text[begin] in '"“”„':
            value = self._quotation()
        else:
            value = self._text[begin:].partition(" ")[0]
            self._skip(begin + len(value))
        return kind, _CHECKS[kind](value)

    def _skip(self, to: int) -> None:
        """Goes on behind the space that may follow."""
        self._at = to + self._text.startswith(" ", to)


def _weight_of(digits: str) -> float:
    try:
        weight = float(digits)
    except ValueError:
        weight = float("nan")
    if not LEAST_WEIGHT <= weight <= LARGEST_WEIGHT:  # NaN is in no range
        hint = "; write it with a point, as in 0.5" if "," in digits else ""
        raise BadTerm(
            f"The weight {_short(digits)} is no number from {LEAST_WEIGHT:g} to {LARGEST_WEIGHT:g}{hint}. "
            "To take something away, put - before it."
        )
    return weight


def _image_id(value: str) -> str:
    if not (value.isascii() and value.isdecimal() and len(value) <= _HIGHEST_ID_DIGITS and int(value)):
        raise BadTerm(
            f"image: is followed by {_short(value)}, which is no number of an image. "
            f'The page of each image shows its number. For words, use quotation marks: "image:{_short(value)}".'
        )
    return str(int(value))


def _token(value: str) -> str:
    if not _UPLOAD.fullmatch(value):
        raise BadTerm(f"upload: is followed by {_short(value)}, which is no uploaded picture. Upload it again.")
    return value


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise BadTerm(
            f"url: is followed by {_short(value)}, which is no address of a picture. It begins with https:// or http://."
        )
    if len(value) > MAX_ADDRESS:
        raise BadTerm(f"The address of the picture has {len(value)} characters; {MAX_ADDRESS} at most.")
    return value


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"


_CHECKS = {TermKind.IMAGE: _image_id, TermKind.UPLOAD: _token, TermKind.URL: _address}
