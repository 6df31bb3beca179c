"""What is answered: ranked hits, grouped by the encoder whose scores they carry, and what could not take part."""

from __future__ import annotations

from dataclasses import dataclass, replace

from search.models import Dataset, EncoderRecord, IndexVersion
from search.retrieval.ranking import Hit


@dataclass(frozen=True, slots=True)
class Answered:
    """A dataset that took part, the version that answered, and how many of its images meet the filters."""

    dataset: Dataset
    version: IndexVersion
    total: int


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of the datasets that share an encoder, whose scores can be compared; `cursor` leads on, empty at the end."""

    encoder: EncoderRecord
    answered: tuple[Answered, ...]
    hits: list[Hit]
    cursor: str
    threshold: float
    """The score from which on hits are relevant."""

    among: int
    """The number of images in the whole list: all that pass the filters, or those that were put in order."""

    @property
    def total(self) -> int:
        return sum(one.total for one in self.answered)

    @property
    def relevant(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.score >= self.threshold]

    @property
    def below_threshold(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.score < self.threshold]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A dataset that could not take part, and the sentence that says why."""

    dataset: Dataset
    reason: str


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to one question; `took_ms` covers encoding, search and rows, `notice` says what is not as asked."""

    groups: tuple[Group, ...]
    left_out: tuple[LeftOut, ...]
    took_ms: float
    notice: str

    @property
    def hits(self) -> list[Hit]:
        """Return the hits of all groups, one group after the other."""
        return [hit for group in self.groups for hit in group.hits]

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)

    @property
    def version(self) -> IndexVersion:
        """The one that answered where one dataset was asked."""
        return self.groups[0].answered[0].version


def above_threshold(results: Results) -> Results:
    """The hits above the relevance thresholds alone; a list that reached its threshold has no cursor."""
    groups = [
        replace(group, hits=group.relevant, cursor="" if group.below_threshold else group.cursor)
        for group in results.groups
    ]
    return replace(results, groups=tuple(groups))
