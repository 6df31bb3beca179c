"""Pictures that people search with: what is taken, how long it is kept, and what is fetched anew."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from PIL import Image as Pillow
from pytest_django import Settings

from search.errors import BadTerm
from search.files.paths import query_picture_path
from search.query import pictures
from search.query.pictures import KEPT, keep_picture, picture_file, picture_file_at, shown_picture, sweep
from tests.ingest.corpus import png
from tests.web_server import WebServer, jpeg, serving

DAY = 86_400


@pytest.fixture
def server(settings: Settings) -> Iterator[WebServer]:
    settings.FETCH_NETWORKS = [ip_network("127.0.0.1")]
    with serving("127.0.0.1") as running:
        yield running


def keep(content: bytes | None = None) -> str:
    return keep_picture(io.BytesIO(jpeg() if content is None else content))


def make_older(path: Path, days: float) -> None:
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))


def test_a_small_copy_is_kept_under_a_token_of_its_own() -> None:
    large = jpeg("red", (3000, 2000)) + b"what was hidden behind the picture"
    first, second = keep(large), keep(large)
    assert first != second
    assert len(first) == 32
    content = picture_file(first).read_bytes()
    assert shown_picture(first) == content
    assert b"hidden" not in content
    with Pillow.open(io.BytesIO(content)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (576, 384))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not an image of a known format"),
        (b"this is no picture", "is not an image of a known format"),
        (jpeg("red", (640, 480))[:600], "is damaged or incomplete"),
        (png((8000, 6250), pixels=b""), "has more than 40 megapixels"),
        (png((50_000, 50_000), pixels=b""), "megapixels"),
        (bytes((20 << 20) + 1), "larger than 20 MB"),
    ],
)
def test_what_is_no_picture_or_too_large_a_one_is_a_sentence_and_nothing_is_kept(
    settings: Settings, content: bytes, sentence: str
) -> None:
    with pytest.raises(BadTerm) as refusal:
        keep(content)
    assert sentence in str(refusal.value)
    assert list(Path(settings.QUERY_PICTURES_DIR).rglob("*.jpg")) == []


@pytest.mark.parametrize("token", ["0" * 32, "../../secret_key", "", "0" * 31, "G" * 32])
def test_a_token_that_was_never_given_out_has_no_picture(token: str) -> None:
    keep()
    with pytest.raises(BadTerm, match="Upload it again"):
        picture_file(token)
    assert shown_picture(token) is None


def test_a_picture_is_kept_for_some_days_after_its_last_use() -> None:
    token = keep()
    path = query_picture_path(token)
    make_older(path, KEPT.days - 1)
    picture_file(token)
    assert time.time() - path.stat().st_mtime < DAY
    make_older(path, KEPT.days + 1)
    with pytest.raises(BadTerm, match="kept for 30 days after their last use"):
        picture_file(token)


def test_the_sweep_deletes_what_was_not_used_for_long_and_of_too_many_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = [keep() for _ in range(5)]
    for days, token in enumerate(tokens):
        make_older(query_picture_path(token), days)
    make_older(query_picture_path(tokens[0]), KEPT.days + 1)
    assert sweep() == 1
    monkeypatch.setattr(pictures, "MOST_KEPT", 2)
    assert sweep() == 2
    assert [query_picture_path(token).exists() for token in tokens] == [False, True, True, False, False]
    assert sweep() == 0


def test_an_address_is_fetched_once_a_day(server: WebServer) -> None:
    address = server.address("/picture/blue")
    path = picture_file_at(address)
    assert picture_file_at(address) == path
    assert len(server.asked) == 1
    shown_picture(path.stem)
    make_older(path, 1.1)
    shown_picture(path.stem)
    picture_file_at(address)
    assert len(server.asked) == 2
    assert time.time() - path.stat().st_mtime < DAY


def test_what_lies_at_an_address_must_be_a_picture(server: WebServer) -> None:
    with pytest.raises(BadTerm, match="it is not an image of a known format"):
        picture_file_at(server.address("/page"))


def test_tokens_of_addresses_cannot_be_made_up_without_the_secret_key(settings: Settings) -> None:
    address = "https://example.org/a.jpg"
    before = pictures.token_of(address)
    settings.SECRET_KEY = "another site's secret key"
    assert pictures.token_of(address) != before
