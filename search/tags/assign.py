"""Tags that the encoder assigns: the images of the live version against the vocabulary, in chunks, in id order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from search.embeddings.store import DatasetContent
from search.encoders import registry
from search.errors import NotSearchable
from search.models import Dataset, ImageTag, IndexVersion, RejectedTag, Tag, Tagging
from search.tags.confidence import Scales, background_words, calibrate
from search.tags.vocabulary import words_of
from search.values import BoolArray, Float32Array, Int64Array, Report, no_report

MOST_TAGS = 12
"""The most tags that an image gets, the surest first."""

_SAMPLE = 10_000
_GROWTH = 2.0
"""Scales are measured again, and all tags with them, when there are so many times as many images."""

_TEXTS = ("{}", "a photo of a {}")
_HALF = np.dtype("<f2")
_CONTENT = np.dtype([("image", "<i8"), ("content", "<u8")])
_Contents = npt.NDArray[np.void]
"""Rows of this type: ids of images, ascending, and the first 64 bits of their checksums."""


@dataclass(frozen=True, slots=True)
class TaggingResult:
    """The numbers of a run: images looked at, tags assigned, and words of the vocabulary."""

    images: int
    tags: int
    words: int

    @property
    def sentence(self) -> str:
        return f"Images looked at: {self.images:,}, for {self.words:,} words; tags assigned: {self.tags:,}."


def assign_tags(dataset: Dataset, report: Report = no_report, *, afresh: bool = False) -> TaggingResult | None:
    """Assigns tags to the images that are new since the last run, and to all where `afresh` or where words changed.

    Returns None where there was nothing to do. What people added or rejected stays as it is. May run twice.
    Raises NotSearchable without a live version, EncoderUnavailable without a text tower.
    """
    version = dataset.live_version
    if version is None:
        raise NotSearchable(f"Dataset {dataset.name!r} has no index yet, so there is nothing to tag. Index it first.")
    words = words_of(dataset)
    before = Tagging.objects.filter(dataset=dataset).first()
    is_same = before is not None and before.encoder_id == version.encoder_id and before.words == words.fingerprint()
    if before is not None and is_same and before.content == version.fingerprint and not afresh:
        return None
    content = DatasetContent(dataset, version.encoder, report)
    present = _present(content)
    tagged = np.frombuffer(bytes(before.tagged), _CONTENT) if before and is_same and not afresh else _no_contents()
    # Scales measured on few images say little of many; beyond a doubling all are measured and tagged again.
    if len(present) > _GROWTH * len(tagged):
        tagged = _no_contents()
    ruler = Ruler.load(before) if before and len(tagged) else Ruler.measure(version, content, words.all())
    wanted = present["image"][~_is_tagged(present, tagged)]
    number = _Writer(dataset, ruler, words.least_confidence).write(content, wanted)
    if not len(tagged):
        _drop_left_words(dataset, before.scales["words"] if before else (), ruler.words)
    _count_usage(dataset)
    Tagging.objects.update_or_create(
        dataset=dataset,
        defaults={
            "encoder": version.encoder,
            "words": words.fingerprint(),
            "scales": ruler.scales.as_json() | {"words": ruler.words},
            "vectors": ruler.vectors.astype(_HALF).tobytes(),
            "content": version.fingerprint,
            "tagged": _union(present, tagged).tobytes(),
            "tagged_at": timezone.now(),
        },
    )
    return TaggingResult(len(wanted), number, len(ruler.words))


def _present(content: DatasetContent) -> _Contents:
    present = np.empty(len(content.image_ids), _CONTENT)
    present["image"], present["content"] = content.image_ids, content.checksums
    return present


def _is_tagged(present: _Contents, tagged: _Contents) -> BoolArray:
    """Tells which of the present images were tagged with this very content; both ascend by image."""
    if not len(tagged):
        return np.zeros(len(present), np.bool_)
    places = np.minimum(np.searchsorted(tagged["image"], present["image"]), len(tagged) - 1)
    same: BoolArray = tagged[places] == present
    return same


def _union(present: _Contents, tagged: _Contents) -> _Contents:
    """Returns all present images, and those tagged before that are gone now and may come back."""
    absent = tagged[~np.isin(tagged["image"], present["image"], assume_unique=True)]
    together = np.concatenate([present, absent])
    return together[np.argsort(together["image"])]


def _no_contents() -> _Contents:
    return np.empty(0, _CONTENT)


def ruler_for(dataset: Dataset, version: IndexVersion) -> Ruler:
    """Returns the ruler of a version: that of its tags where the words are the same, else a new one.

    Raises EncoderUnavailable without a text tower.
    """
    words, before = words_of(dataset), Tagging.objects.filter(dataset=dataset).first()
    if before and before.encoder_id == version.encoder_id and before.words == words.fingerprint():
        return Ruler.load(before)
    return Ruler.measure(version, DatasetContent(dataset, version.encoder), words.all())


@dataclass(frozen=True, slots=True)
class Ruler:
    """A ruler for images: words, their vectors of shape (words, dimension), and their scales."""

    words: list[str]
    vectors: Float32Array
    scales: Scales

    @classmethod
    def load(cls, tagging: Tagging) -> Self:
        """Returns the ruler with which the images before were measured."""
        words = tagging.scales["words"]
        vectors = np.frombuffer(bytes(tagging.vectors), _HALF).reshape(len(words), -1).astype(np.float32)
        return cls(words, vectors, Scales.from_json(tagging.scales))

    @classmethod
    def measure(cls, version: IndexVersion, content: DatasetContent, words: list[str]) -> Self:
        """Measures a new ruler on images spread over the whole dataset."""
        step = max(1, len(content.image_ids) // _SAMPLE)
        chosen = content.image_ids[::step]
        vectors, background = _word_vectors(version, words), _word_vectors(version, background_words())
        images = np.concatenate([chunk.vectors.astype(np.float32) for chunk in content.chunks(chosen)])
        return cls(words, vectors, calibrate(images @ vectors.T, images @ background.T))


def _word_vectors(version: IndexVersion, words: Sequence[str]) -> Float32Array:
    """Returns unit vectors of words, shape (words, dimension): the mean of a few phrases of each."""
    tower = registry.text_tower(version.encoder.name)
    texts = [text.format(word) for word in words for text in _TEXTS]
    summed = tower.encode(texts).reshape(len(words), len(_TEXTS), -1).sum(axis=1)
    unit = summed / np.linalg.norm(summed, axis=1, keepdims=True)
    vectors: Float32Array = unit.astype(_HALF).astype(np.float32)  # as they are kept, so that all images meet the same
    return vectors


class _Writer:
    """Scores chunks of images and writes their tags, where no person said otherwise."""

    def __init__(self, dataset: Dataset, ruler: Ruler, least_confidence: float) -> None:
        self._dataset = dataset
        self._ruler = ruler
        self._thresholds = ruler.scales.thresholds(least_confidence)
        self._tags = {tag.name.lower(): tag.pk for tag in Tag.objects.filter(dataset=dataset)}

    def write(self, content: DatasetContent, image_ids: Int64Array) -> int:
        """Writes the tags of these images; returns how many."""
        number = 0
        for chunk in content.chunks(image_ids):
            scores = chunk.vectors.astype(np.float32) @ self._ruler.vectors.T
            rows, columns = np.nonzero(self._chosen(scores))
            sure = self._ruler.scales.confidences(scores)[rows, columns]
            number += self._store(chunk.image_ids, rows, columns, sure)
        return number

    def _chosen(self, scores: Float32Array) -> BoolArray:
        chosen: BoolArray = scores >= self._thresholds
        for row in np.flatnonzero(chosen.sum(axis=1) > MOST_TAGS):
            above = np.where(
                chosen[row], (scores[row] - self._ruler.scales.centres) / self._ruler.scales.spreads, -np.inf
            )
            chosen[row] = False
            chosen[row, np.argsort(-above)[:MOST_TAGS]] = True
        return chosen

    def _store(self, image_ids: Int64Array, rows: Int64Array, columns: Int64Array, sure: Float32Array) -> int:
        new = []
        # Asked for each chunk: somebody may take a tag away while the run works.
        rejected = RejectedTag.objects.filter(image__in=image_ids.tolist())
        taken_away = set(rejected.values_list("tag_id", "image_id"))
        for image_id, column, confidence in zip(image_ids[rows].tolist(), columns.tolist(), sure.tolist(), strict=True):
            tag_id = self._tag_id(self._ruler.words[column])
            if (tag_id, image_id) not in taken_away:
                new.append(ImageTag(tag_id=tag_id, image_id=image_id, confidence=round(confidence, 3)))
        with transaction.atomic():
            ImageTag.objects.filter(image__in=image_ids.tolist(), confidence__isnull=False).delete()
            # A person's tag that stands there already is left as it is.
            ImageTag.objects.bulk_create(new, batch_size=2000, ignore_conflicts=True)
        return len(new)

    def _tag_id(self, word: str) -> int:
        """Returns the id of the tag of a word, which is made when the first image gets it: no tag is empty."""
        known = self._tags.get(word.lower())
        if known is None:
            known = self._tags[word.lower()] = Tag.objects.create(dataset=self._dataset, name=word).pk
        return known


def _drop_left_words(dataset: Dataset, before: Sequence[str], now: Sequence[str]) -> None:
    """Deletes the tags of words that left the vocabulary, except where people gave or rejected them."""
    left = {word.lower() for word in before} - {word.lower() for word in now}
    for tag in Tag.objects.filter(dataset=dataset):
        if tag.name.lower() not in left:
            continue
        ImageTag.objects.filter(tag=tag, confidence__isnull=False).delete()
        if not ImageTag.objects.filter(tag=tag).exists() and not RejectedTag.objects.filter(tag=tag).exists():
            tag.delete()


def _count_usage(dataset: Dataset) -> None:
    carried = ImageTag.objects.filter(tag__dataset=dataset).order_by().values("tag").annotate(number=Count("pk"))
    numbers = dict(carried.values_list("tag", "number"))
    tags = list(Tag.objects.filter(dataset=dataset))
    changed = [tag for tag in tags if tag.usage != numbers.get(tag.pk, 0)]
    for tag in changed:
        tag.usage = numbers.get(tag.pk, 0)
    Tag.objects.bulk_update(changed, ["usage"], batch_size=500)
