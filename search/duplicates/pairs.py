"""Finding pictures that look alike: neighbours in the index and pictures of like hashes, both measures compared."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.utils import timezone

from search.batches import batched
from search.bucket import sync
from search.embeddings.store import DatasetContent
from search.errors import NotSearchable
from search.files.paths import derivative_path
from search.images.perceptual_hash import distances, hash_of_file
from search.index.base import VectorIndex
from search.index.live import open_version
from search.models import Dataset, DuplicateScan, Image, IndexVersion, NearPair
from search.values import BoolArray, Float32Array, Int64Array, Report, UInt64Array, no_report

LEAST_COSINE = 0.80
"""Below it two pictures are no duplicates, however alike their hashes; docs/duplicates.md has the measurements."""

NEAR_DISTANCE = 14
"""The bits of two hashes that may differ, where nobody chose another number for a dataset."""

MOST_DISTANCE = 20
"""The most bits that may differ in a stored pair, so that another number can be tried without a new scan."""

_NEIGHBOURS = 16
"""Pictures that each one is compared with, as the index finds them, and as many of like hashes."""

_BANDS = 4
_SURELY_ALIKE = 6
"""The most bits that may differ between two pictures that are no neighbours in the index."""

_ROWS = 4096
_THREADS = 4


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The different contents among the ready images: their checksums (64 bits), hashes, and an image of each."""

    contents: UInt64Array
    hashes: Int64Array
    image_ids: Int64Array

    all_ids: Int64Array
    """The ids of all images, ascending, and the number of the content of each."""

    numbers: Int64Array

    def numbers_of(self, image_ids: Int64Array) -> tuple[Int64Array, BoolArray]:
        """Returns the numbers of the contents of images, and whether each has one here."""
        places = np.minimum(np.searchsorted(self.all_ids, image_ids), len(self.all_ids) - 1)
        return self.numbers[places], self.all_ids[places] == image_ids


def find_duplicates(dataset: Dataset, report: Report = no_report) -> int | None:
    """Finds duplicates of pictures that were not compared yet; returns how many, or None where nothing changed.

    All are compared again when the encoder is another. Raises NotSearchable without a live version.
    """
    version = dataset.live_version
    if version is None:
        raise NotSearchable(f"Dataset {dataset.name!r} has no index yet, so nothing can be compared. Index it first.")
    scan = DuplicateScan.objects.get_or_create(dataset=dataset, defaults={"most_distance": NEAR_DISTANCE})[0]
    if scan.encoder_id == version.encoder_id and scan.content == version.fingerprint:
        return None
    _add_missing_hashes(dataset, report)
    pictures = _pictures(dataset, version)
    if not len(pictures.contents):
        return 0
    compared = np.frombuffer(bytes(scan.compared), np.uint64)
    if scan.encoder_id != version.encoder_id:
        NearPair.objects.filter(dataset=dataset).delete()
        compared = np.empty(0, np.uint64)
    # Contents, not images: what was renamed, or indexed again under another id, is not compared again.
    is_new = ~np.isin(pictures.contents, compared)
    if is_new.any():
        for first, second, cosines in _candidates(dataset, version, pictures, is_new, report):
            _store(dataset, pictures, first, second, cosines)
    scan.encoder, scan.content, scan.compared_at = version.encoder, version.fingerprint, timezone.now()
    scan.compared = np.union1d(compared, pictures.contents).tobytes()
    scan.save()
    return int(is_new.sum())


def _add_missing_hashes(dataset: Dataset, report: Report) -> None:
    """Computes the hashes of images that were resized before the site took hashes."""
    without = dataset.images.filter(state=Image.State.READY, perceptual_hash=None).order_by("pk")
    last = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        while images := list(without.filter(pk__gt=last).only("pk", "dataset_id", "checksum")[:_ROWS]):
            last = images[-1].pk
            files = [derivative_path(image.dataset_id, image.checksum) for image in images]
            sync.fetch_all(files)
            for image, value in zip(images, pool.map(hash_of_file, files), strict=True):
                image.perceptual_hash = value
            known = [image for image in images if image.perceptual_hash is not None]
            Image.objects.bulk_update(known, ["perceptual_hash"], batch_size=500)
            report(0, 1)


def _pictures(dataset: Dataset, version: IndexVersion) -> _Pictures:
    content = DatasetContent(dataset, version.encoder)
    hashed = dataset.images.filter(state=Image.State.READY, perceptual_hash__isnull=False).order_by("pk")
    rows = hashed.values_list("pk", "perceptual_hash").iterator(_ROWS)
    known = np.fromiter(rows, dtype=[("id", np.int64), ("hash", np.int64)])
    ids, at, hash_at = np.intersect1d(content.image_ids, known["id"], assume_unique=True, return_indices=True)
    contents, chosen, numbers = np.unique(content.checksums[at], return_index=True, return_inverse=True)
    return _Pictures(contents, known["hash"][hash_at][chosen], ids[chosen], ids, numbers)


_CandidatePairs = tuple[Int64Array, Int64Array, Float32Array]


def _candidates(
    dataset: Dataset, version: IndexVersion, pictures: _Pictures, is_new: BoolArray, report: Report
) -> Iterator[_CandidatePairs]:
    """Yields pairs of which at least one is new: the numbers of both contents, and their cosines."""
    index = open_version(version)
    try:
        if 2 * int(is_new.sum()) > len(is_new):
            yield from _neighbours_of_all(index, pictures, is_new, report)
        else:
            yield from _neighbours_of_some(dataset, version, index, pictures, is_new, report)
    finally:
        index.close()
    if len(pictures.contents) > 1:
        yield _alike_by_hash(dataset, version, pictures, is_new)


def _neighbours_of_all(
    index: VectorIndex, pictures: _Pictures, is_new: BoolArray, report: Report
) -> Iterator[_CandidatePairs]:
    positions, scores = index.neighbours(_NEIGHBOURS + 1, lambda _, total: report(0, total))
    ids = np.asarray(index.image_ids)
    for start in range(0, len(ids), _ROWS):
        rows = slice(start, start + _ROWS)
        own, own_known = pictures.numbers_of(ids[rows])
        others, others_known = pictures.numbers_of(ids[positions[rows]])
        known = own_known[:, None] & others_known & (scores[rows] >= LEAST_COSINE)
        first, second = np.broadcast_to(own[:, None], others.shape)[known], others[known]
        wanted = (first != second) & (is_new[first] | is_new[second])
        yield first[wanted], second[wanted], scores[rows][known][wanted]
        report(min(start + _ROWS, len(ids)), len(ids))


def _neighbours_of_some(
    dataset: Dataset,
    version: IndexVersion,
    index: VectorIndex,
    pictures: _Pictures,
    is_new: BoolArray,
    report: Report,
) -> Iterator[_CandidatePairs]:
    wanted = np.sort(pictures.image_ids[is_new])
    done = 0
    for chunk in DatasetContent(dataset, version.encoder).chunks(wanted):
        first, second, cosines = [], [], []
        for image_id, vector in zip(chunk.image_ids.tolist(), chunk.vectors.astype(np.float32), strict=True):
            for match in index.search(vector, _NEIGHBOURS + 1):
                if match.score >= LEAST_COSINE and match.image_id != image_id:
                    first.append(image_id)
                    second.append(match.image_id)
                    cosines.append(match.score)
        own, _ = pictures.numbers_of(np.array(first, np.int64))
        others, known = pictures.numbers_of(np.array(second, np.int64))
        known &= own != others
        yield own[known], others[known], np.array(cosines, np.float32)[known]
        done += len(chunk.image_ids)
        report(done, len(wanted))


def _alike_by_hash(dataset: Dataset, version: IndexVersion, pictures: _Pictures, is_new: BoolArray) -> _CandidatePairs:
    """Finds pairs that share a quarter of their hash: those next to each other when the hashes are sorted by it."""
    hashes = pictures.hashes.view(np.uint64)
    candidates = [np.empty((0, 2), np.int64)]
    for band in range(_BANDS):
        turn = np.uint64(16 * band)
        turned = (hashes << turn) | (hashes >> np.uint64(64 - 16 * band) if band else np.uint64(0))
        order = np.argsort(turned, kind="stable")
        for offset in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
            pairs = np.stack([order[:-offset], order[offset:]], axis=1)
            alike = distances(pictures.hashes[pairs[:, 0]], pictures.hashes[pairs[:, 1]]) <= _SURELY_ALIKE
            candidates.append(pairs[alike & (is_new[pairs].any(axis=1))])
    pairs = np.unique(np.sort(np.concatenate(candidates), axis=1), axis=0)
    cosines = _cosines(dataset, version, pictures.image_ids[pairs]) if len(pairs) else np.empty(0, np.float32)
    close = cosines >= LEAST_COSINE
    return pairs[close, 0], pairs[close, 1], cosines[close]


def _cosines(dataset: Dataset, version: IndexVersion, image_ids: Int64Array) -> Float32Array:
    """Returns the cosines of pairs of images, shape (n, 2); 0 where a vector is gone."""
    wanted = np.unique(image_ids)
    vectors = np.zeros((len(wanted), version.encoder.dimension), np.float16)
    for chunk in DatasetContent(dataset, version.encoder).chunks(wanted):
        vectors[np.searchsorted(wanted, chunk.image_ids)] = chunk.vectors
    left, right = (vectors[np.searchsorted(wanted, image_ids[:, side])].astype(np.float32) for side in (0, 1))
    cosines: Float32Array = np.einsum("ij,ij->i", left, right)
    return cosines


def _store(dataset: Dataset, pictures: _Pictures, first: Int64Array, second: Int64Array, cosines: Float32Array) -> None:
    bits = distances(pictures.hashes[first], pictures.hashes[second])
    near = bits <= MOST_DISTANCE
    ids = pictures.image_ids[np.stack([first[near], second[near]], axis=1)]
    checksums = _checksums(dataset, np.unique(ids))
    rows = {}
    for (one, other), cosine, distance in zip(ids.tolist(), cosines[near].tolist(), bits[near].tolist(), strict=True):
        if one in checksums and other in checksums:
            low, high = sorted((checksums[one], checksums[other]))
            rows[low, high] = NearPair(
                dataset=dataset, first=low, second=high, cosine=min(1.0, cosine), distance=distance
            )
    with transaction.atomic():
        NearPair.objects.bulk_create(rows.values(), batch_size=1000, ignore_conflicts=True)


def _checksums(dataset: Dataset, image_ids: Int64Array) -> dict[int, str]:
    checksums: dict[int, str] = {}
    for ids in batched(image_ids.tolist(), _ROWS):
        checksums |= dict(dataset.images.filter(pk__in=ids).values_list("pk", "checksum"))
    return checksums
