"""The choice of the default encoder, with model hubs of the test's own on this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants
from pytest_django import Settings

from search.encoders.default import CLIP, choose_encoder, default_encoder
from search.encoders.open_clip import weights_hub
from search.encoders.open_clip.catalogue import published_weights
from search.encoders.starter.family import STARTER
from search.errors import UnknownEncoder

pytestmark = pytest.mark.usefixtures("empty_hub_cache")


@contextmanager
def _hub(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """An HTTP server that treats every request alike."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _has_the_file(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("X-Repo-Commit", "0" * 40)
    request.send_header("ETag", '"1"')
    request.send_header("Content-Length", "605143284")
    request.end_headers()


def _wants_a_sign_in(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.end_headers()


def _is_broken(request: BaseHTTPRequestHandler) -> None:
    request.send_error(503)


def test_an_encoder_named_in_the_settings_is_taken() -> None:
    choice = choose_encoder("open_clip/ViT-L-14/openai")
    assert choice.name == "open_clip/ViT-L-14/openai"
    assert "CLIPSITE_ENCODER" in choice.reason


def test_a_wrong_name_in_the_settings_is_refused() -> None:
    with pytest.raises(UnknownEncoder):
        choose_encoder("open_clip/ViT-L-14/laion")


def test_clip_is_chosen_where_the_hub_has_its_weights() -> None:
    with _hub(_has_the_file) as endpoint:
        choice = choose_encoder("auto", endpoint=endpoint)
    assert choice.name == CLIP
    assert "can be fetched" in choice.reason


@pytest.mark.parametrize("answer", [_wants_a_sign_in, _is_broken])
def test_the_starter_is_chosen_where_something_else_answers(answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
    with _hub(answer) as endpoint:
        choice = choose_encoder("auto", endpoint=endpoint)
    assert choice.name == STARTER
    assert "the model hub cannot be reached" in choice.reason


def test_a_hub_that_never_answers_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        choice = choose_encoder("auto", endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.5)
    assert choice.name == STARTER
    assert time.monotonic() - began < 5


def test_a_hub_that_drips_its_answer_is_given_up_at_the_deadline() -> None:
    given_up = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not given_up.wait(0.1):
            request.wfile.write(b"X-Wait: 1\r\n")

    with _hub(drip) as endpoint:
        began = time.monotonic()
        choice = choose_encoder("auto", endpoint=endpoint, seconds=0.5)
        elapsed = time.monotonic() - began
        given_up.set()
    assert choice.name == STARTER
    assert elapsed < 5


def test_the_deadline_keeps_every_start_within_ten_seconds() -> None:
    assert weights_hub.PROBE_SECONDS <= 8


def test_offline_mode_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with _hub(_has_the_file) as endpoint:
        choice = choose_encoder("auto", endpoint=endpoint)
    assert choice.name == STARTER
    assert "HF_HUB_OFFLINE" in choice.reason


@pytest.mark.parametrize("file_name", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"])
def test_clip_is_chosen_where_its_weights_are_cached_even_offline(
    file_name: str, empty_hub_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    weights = published_weights("ViT-B-32")["laion2b_s34b_b79k"]
    repository = empty_hub_cache / f"models--{weights.hub_address.rstrip('/').replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("1" * 40)
    (repository / "snapshots" / ("1" * 40)).mkdir(parents=True)
    cached = repository / "snapshots" / ("1" * 40) / file_name
    cached.touch()
    assert weights_hub.cached_file(weights) == cached
    assert choose_encoder("auto").name == CLIP


def test_the_choice_is_made_once_per_process(fresh_choice: None, settings: Settings) -> None:
    settings.ENCODER = STARTER
    first = default_encoder()
    settings.ENCODER = CLIP
    assert default_encoder() is first
