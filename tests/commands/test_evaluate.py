"""`manage.py evaluate` on the console."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from search.embeddings.encode_images import embed_images
from search.models import Dataset, Evaluation
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER
from tests.web.conftest import public

pytestmark = pytest.mark.usefixtures("drawn_here")

__all__ = ["public"]

OTHER = "fake/colours/other"


@pytest.fixture
def captions(tmp_path: Path) -> Path:
    path = tmp_path / "captions.tsv"
    path.write_text("red.png\ta page in red\nblue.png\ta page in blue\nnone.png\tnothing\n", encoding="utf-8")
    return path


def test_the_last_line_has_the_figures(public: Dataset, captions: Path) -> None:
    out, err = StringIO(), StringIO()
    call_command("evaluate", "pictures", "--captions", str(captions), "--json", stdout=out, stderr=err)
    answer = json.loads(out.getvalue().splitlines()[-1])
    assert (answer["dataset"], answer["encoder"], answer["queries"]) == ("Pictures", FAKE_ENCODER, 2)
    assert [answer[f"recall_at_{depth}"] for depth in (1, 5, 10)] == [1.0, 1.0, 1.0]
    assert answer["median_rank"] == 1.0
    assert 0.0 < answer["relevance_precision"] <= 1.0
    assert answer["relevance_recall"] == 1.0
    assert "1 file of the captions left out" in err.getvalue()
    assert Evaluation.objects.get().source == "captions.tsv"


def test_encoders_stand_side_by_side(public: Dataset, captions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    embed_images(list(public.images.all()), OTHER)
    build_version(public, OTHER, stage_only=True)
    arguments = ("--encoder", FAKE_ENCODER, "--encoder", OTHER)
    out = StringIO()
    call_command("evaluate", "pictures", "--captions", str(captions), *arguments, "--json", stdout=out)
    answers = json.loads(out.getvalue().splitlines()[-1])["evaluations"]
    assert [one["encoder"] for one in answers] == [FAKE_ENCODER, OTHER]
    call_command("evaluate", "pictures", "--captions", str(captions), *arguments)
    printed = capsys.readouterr().out
    assert "2 texts of captions.tsv" in printed
    assert "R@10" in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("pictures", "--captions", "/nowhere/none.csv"), "There is no file or folder"),
        (("none", "--captions", "{captions}"), "There is: Pictures"),
        (("pictures", "--captions", "{captions}", "--encoder", OTHER), "has no version under fake/colours/other"),
        (("pictures", "--captions", "{captions}", "--encoder", "magic"), "No encoder is called 'magic'"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(
    public: Dataset, captions: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate", *(argument.format(captions=captions) for argument in arguments))
