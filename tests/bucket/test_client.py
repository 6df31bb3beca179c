"""The calls to a bucket, against a server on this machine."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from search.bucket.address import Bucket
from search.bucket.client import ObjectStore, open_store
from search.bucket.presign import address_of
from search.errors import BucketUnavailable
from tests.environment import free_port

ODD = "originals/7/Fêtes & more/50% #1+2 ~(a).jpg"


@pytest.fixture
def store(bucket: Bucket) -> ObjectStore:
    return open_store(bucket)


def content_of(store: ObjectStore, key: str) -> bytes:
    return b"".join(store.get(key)[1])


def test_an_object_comes_back_as_it_was_written(store: ObjectStore, tmp_path: Path) -> None:
    large = bytes(range(256)) * (6 << 12)
    (tmp_path / "large").write_bytes(large)
    store.put("large", tmp_path / "large")
    store.put(ODD, b"small")
    store.put(ODD, b"small")
    assert content_of(store, "large") == large
    assert content_of(store, ODD) == b"small"
    assert store.beginning("large", 1000) == large[:1000]
    assert store.beginning(ODD, 1000) == b"small"


def test_every_answer_tells_the_same_of_an_object(store: ObjectStore) -> None:
    before = time.time()
    store.put(ODD, b"small")
    (listed,) = store.below("originals/7")
    assert listed == store.look(ODD) == store.get(ODD)[0]
    assert (listed.key, listed.byte_size) == (ODD, 5)
    assert before - 2 < listed.modified_ns / 1e9 < time.time() + 2
    assert listed.modified_ns % 10**9 == 0


def test_what_is_below_a_folder_is_listed_in_full(store: ObjectStore) -> None:
    keys = {f"derivatives/7/{number % 3}/{number}.jpg" for number in range(40)}
    for key in (*keys, "derivatives/77/0/1.jpg", "originals/7/1.jpg"):
        store.put(key, b"x")
    assert {stored.key for stored in store.below("derivatives/7")} == keys
    store.delete(sorted(keys))
    assert list(store.below("derivatives/7")) == []
    assert store.look("derivatives/77/0/1.jpg") is not None
    store.delete(["derivatives/7/0/0.jpg"])  # which is gone


def test_what_is_not_there_is_no_failure(store: ObjectStore) -> None:
    assert store.look("nothing") is None
    with pytest.raises(FileNotFoundError):
        store.get("nothing")
    with pytest.raises(FileNotFoundError):
        store.beginning("nothing", 10)
    assert list(store.below("nothing")) == []


def test_a_signed_address_gives_the_object_under_the_asked_type_and_name(bucket: Bucket, store: ObjectStore) -> None:
    store.put(ODD, b"small")
    parameters = {
        "response-content-type": "image/png",
        "response-cache-control": "private, max-age=3600",
        "response-content-disposition": "attachment; filename*=utf-8''F%C3%AAte.png",
    }
    with urllib.request.urlopen(address_of(bucket, ODD, parameters, time.time()).address) as answer:
        assert answer.read() == b"small"
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "private, max-age=3600"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''F%C3%AAte.png"


def test_an_address_that_somebody_changed_or_that_is_too_old_opens_nothing(bucket: Bucket, store: ObjectStore) -> None:
    store.put("mine.jpg", b"mine")
    store.put("yours.jpg", b"yours")
    address = address_of(bucket, "mine.jpg", {}, time.time()).address
    old = address_of(bucket, "mine.jpg", {}, time.time() - 86_400).address
    for wrong in (address.replace("mine", "yours"), address.partition("?")[0], old):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(wrong)
        assert refused.value.code in {400, 401, 403}


@pytest.mark.parametrize("how", ["nobody listens", "the key is wrong"])
def test_a_bucket_that_is_away_or_refuses_is_a_sentence_without_secrets(bucket: Bucket, how: str) -> None:
    if how == "nobody listens":
        away = replace(bucket, endpoint=f"http://127.0.0.1:{free_port()}")
    else:
        away = replace(bucket, secret="not the secret of this key")
    with pytest.raises(BucketUnavailable, match=r"bucket that holds the pictures .*doctor says more") as caught:
        open_store(away).put("a", b"a")
    assert away.secret not in f"{caught.value} {caught.value.__cause__}"
