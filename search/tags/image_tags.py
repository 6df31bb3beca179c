"""The tags of one image, and of a dataset with their numbers, as pages, commands and programs show them."""

from __future__ import annotations

from dataclasses import dataclass

from search.models import Dataset, Image, ImageTag, RejectedTag, Tag
from search.tags.vocabulary import Words, words_of

_MOST_SEARCHED = 1000
"""The tags on the most images, among which those of people are looked for."""


@dataclass(frozen=True, slots=True)
class ShownTag:
    """A tag of an image; `confidence` is the encoder's, None where a person gave it."""

    name: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Tags of a dataset that belong together, those on the most images first."""

    name: str
    tags: list[Tag]


def tags_of(image: Image) -> list[ShownTag]:
    """Returns the tags of an image: those given by people first, then the surest."""
    rows = ImageTag.objects.filter(image=image).values_list("tag__name", "confidence")
    tags = [ShownTag(name, confidence) for name, confidence in rows]
    return sorted(tags, key=lambda tag: (tag.confidence is not None, -(tag.confidence or 0), tag.name.lower()))


def rejected_on(image: Image) -> list[str]:
    """Returns the names of tags that a person took from the image."""
    rejected = RejectedTag.objects.filter(image=image).order_by("tag__name")
    return list(rejected.values_list("tag__name", flat=True))


def used_tags(dataset: Dataset, most: int) -> list[Tag]:
    """Returns the tags that images of the dataset carry, those on the most images first."""
    return list(Tag.objects.filter(dataset=dataset, usage__gt=0).order_by("-usage", "name")[:most])


def offered_tags(dataset: Dataset, most: int) -> list[Tag]:
    """Returns `most` tags in use that stand in no vocabulary, as people give them, and then as many others."""
    known = {word.lower() for word in words_of(dataset).all()}
    used = used_tags(dataset, _MOST_SEARCHED)
    own = [tag for tag in used if tag.name.lower() not in known][:most]
    return [*own, *[tag for tag in used if tag.name.lower() in known][:most]]


def grouped_tags(dataset: Dataset, words: Words, most: int) -> list[TagGroup]:
    """Returns the tags in use by groups of the vocabulary; what stands in none, such as tags of people, comes first."""
    group_of = {word.lower(): name for name, among in words.groups for word in among}
    groups: dict[str, list[Tag]] = {name: [] for name in ("", *(name for name, _ in words.groups))}
    for tag in used_tags(dataset, most):
        groups[group_of.get(tag.name.lower(), "")].append(tag)
    return [TagGroup(name, tags) for name, tags in groups.items() if tags]
