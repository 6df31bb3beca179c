"""Reading a text only up to its end gives the vector that reading the whole context gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import open_clip
import pytest
import torch

from search.encoders.open_clip.short_texts import LENGTHS, TextReader
from tests.encoders.conftest import SMALL_IMAGE_TOWER

TEXTS = {
    "a dog": 8,
    "a dog asleep on a green sofa": 10,
    "a dog asleep on a green sofa by the": 12,
    "two dogs asleep on a green sofa in the warm sun": 16,
    "two dogs asleep on a green sofa in the sun, and beside them one cat": 24,
    "an old man with a hat who sells fish and bread at a market by the sea in the rain of a long day in May": 32,
    "a text that goes on and on " * 12: 77,
}


@pytest.fixture(scope="module")
def model() -> open_clip.CLIP:
    torch.manual_seed(3)
    made = open_clip.create_model("ViT-S-32-alt", pretrained=None).eval().requires_grad_(False)
    assert isinstance(made, open_clip.CLIP)
    return made


@pytest.fixture(scope="module")
def tokens() -> torch.Tensor:
    tokenized: torch.Tensor = open_clip.get_tokenizer("ViT-S-32-alt")(list(TEXTS))
    return tokenized


@pytest.fixture(scope="module")
def reader(model: open_clip.CLIP) -> TextReader:
    return TextReader(model)


def test_the_vectors_are_those_of_the_whole_context(
    reader: TextReader, model: open_clip.CLIP, tokens: torch.Tensor
) -> None:
    for row in tokens:
        torch.testing.assert_close(reader.encode(row[None]), model.encode_text(row[None]), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(reader.encode(tokens), model.encode_text(tokens), atol=1e-5, rtol=1e-4)


def test_texts_are_read_with_the_shortest_view_that_holds_them_and_one_alone_without_python(
    reader: TextReader, tokens: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    whole = open_clip.CLIP.encode_text

    def noting(self: open_clip.CLIP, text: torch.Tensor) -> torch.Tensor:
        read.append(text.shape[1])
        encoded: torch.Tensor = whole(self, text)
        return encoded

    monkeypatch.setattr(open_clip.CLIP, "encode_text", noting)
    for row in tokens:
        reader.encode(row.repeat(2, 1))
    assert read == list(TEXTS.values()) == [*LENGTHS, 77]
    for row in tokens:
        reader.encode(row[None])
    assert read == [*LENGTHS, 77, 77]


def test_views_share_the_weights_and_leave_the_model_as_it_was(model: open_clip.CLIP) -> None:
    before = model.positional_embedding
    reader = TextReader(model)
    assert model.positional_embedding is before
    assert len(before) == 77
    for view in reader._views.values():
        assert view.transformer is model.transformer
        assert view.positional_embedding.data_ptr() == before.data_ptr()


def test_threads_do_not_disturb_each_other(reader: TextReader, model: open_clip.CLIP, tokens: torch.Tensor) -> None:
    expected = [model.encode_text(row[None]) for row in tokens]
    with ThreadPoolExecutor(4) as pool:
        encoded = list(pool.map(lambda row: reader.encode(row[None]), [*tokens] * 8))
    for number, vector in enumerate(encoded):
        torch.testing.assert_close(vector, expected[number % len(expected)], atol=1e-5, rtol=1e-4)


def test_a_model_that_reads_at_its_last_token_is_left_alone() -> None:
    torch.manual_seed(3)
    made = open_clip.create_model("ViT-B-16-SigLIP", pretrained=None, vision_cfg=SMALL_IMAGE_TOWER).eval()
    text = torch.ones((1, made.context_length), dtype=torch.long)
    assert not TextReader(made)._views
    assert TextReader(made).encode(text).shape == (1, 768)
