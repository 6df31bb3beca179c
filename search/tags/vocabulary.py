"""The words that the encoder may assign as tags: the vocabulary of a dataset, or the default list."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from search.errors import InvalidQuery
from search.models import Dataset, Tag, Vocabulary

MOST_WORDS = 2000
LEAST_CONFIDENCE = 0.6
"""The confidence from which on a tag is assigned, where nobody chose another; docs/tags.md has its measurements."""

LOWEST_CONFIDENCE, HIGHEST_CONFIDENCE = 0.3, 0.99
_DEFAULT_LIST = Path(__file__).with_name("default_vocabulary.txt")
_MOST_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a vocabulary by their groups, in order, and the confidence from which on they are assigned."""

    groups: tuple[tuple[str, tuple[str, ...]], ...]
    least_confidence: float
    text: str
    is_own: bool
    """Tells whether the dataset was given these; the default list otherwise."""

    def all(self) -> list[str]:
        return [word for _, words in self.groups for word in words]

    def fingerprint(self) -> str:
        """Returns a hash that changes when tags have to be assigned again; the order and the groups do not matter."""
        content = json.dumps([sorted(self.all()), self.least_confidence])
        return hashlib.sha256(content.encode()).hexdigest()


def words_of(dataset: Dataset) -> Words:
    """Returns the words of the dataset's own vocabulary, else those of the default list."""
    own = Vocabulary.objects.filter(dataset=dataset).first()
    if own is None:
        text = default_text()
        return Words(parse(text), LEAST_CONFIDENCE, text, is_own=False)
    return Words(parse(own.text), own.least_confidence, own.text, is_own=True)


def set_vocabulary(dataset: Dataset, text: str, least_confidence: float) -> Words:
    """Gives the dataset a vocabulary of its own; the next run assigns its words. Raises InvalidQuery."""
    text = "\n".join(line.strip() for line in text.replace("\0", "").splitlines()).strip()
    groups = parse(text)
    confidence = valid_confidence(least_confidence)
    Vocabulary.objects.update_or_create(dataset=dataset, defaults={"text": text, "least_confidence": confidence})
    return Words(groups, confidence, text, is_own=True)


def use_default(dataset: Dataset) -> None:
    """Gives the dataset the default list again."""
    Vocabulary.objects.filter(dataset=dataset).delete()


def confidence_from(value: str) -> float:
    """A least confidence as a person wrote it. Raises InvalidQuery."""
    try:
        return valid_confidence(float(value))
    except ValueError as error:
        raise InvalidQuery(_confidence_sentence(value[:20])) from error


def valid_confidence(value: float) -> float:
    """Raises InvalidQuery."""
    if not math.isfinite(value) or not LOWEST_CONFIDENCE <= value <= HIGHEST_CONFIDENCE:
        raise InvalidQuery(_confidence_sentence(str(value)))
    return value


def parse(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Groups of words. Lines that begin with `#` say nothing; a word that stands there twice counts once.

    Raises InvalidQuery for no word, too many or too long ones.
    """
    if len(text) > _MOST_CHARACTERS:
        raise InvalidQuery(f"The vocabulary has {len(text):,} characters; {_MOST_CHARACTERS:,} at most.")
    groups: dict[str, list[str]] = {"": []}
    current, seen = "", set[str]()
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip()
            groups.setdefault(current, [])
        elif line and not line.startswith("#") and line.casefold() not in seen:
            seen.add(line.casefold())
            groups[current].append(_valid_word(line))
    if not seen:
        raise InvalidQuery("The vocabulary is empty. Write at least one word, or take the default list.")
    if len(seen) > MOST_WORDS:
        raise InvalidQuery(f"The vocabulary has {len(seen):,} words; {MOST_WORDS:,} at most.")
    return tuple((name, tuple(words)) for name, words in groups.items() if words)


@cache
def default_text() -> str:
    """Returns the default list as a person would edit it, without its comments."""
    lines = _DEFAULT_LIST.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#")).strip()


def _valid_word(word: str) -> str:
    longest = Tag._meta.get_field("name").max_length or 0
    if len(word) > longest:
        raise InvalidQuery(f"The word {word[:40]!r}... has {len(word)} characters; {longest} at most.")
    return word


def _confidence_sentence(value: str) -> str:
    return f"The confidence is {value!r}; it must be a number from {LOWEST_CONFIDENCE} to {HIGHEST_CONFIDENCE}."
