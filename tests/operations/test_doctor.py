"""What the doctor says of the place where vectors are."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from clipsite.operations.doctor import Finding, diagnose
from tests.environment import free_port

pytestmark = pytest.mark.django_db


def vectors() -> Finding:
    (finding,) = [finding for finding in diagnose() if finding.subject == "vectors"]
    return finding


def test_files_need_no_server() -> None:
    assert vectors() == Finding("vectors", True, "New index versions are files that FAISS searches here.")


def test_a_milvus_that_answers_is_named(settings: Settings, tmp_path: Path) -> None:
    settings.VECTORS = f"milvus-lite://{tmp_path}/vectors.db"
    finding = vectors()
    assert finding.ok
    assert finding.sentence.endswith(f"answers at {tmp_path}/vectors.db.")


def test_a_milvus_that_does_not_answer_says_what_to_do(settings: Settings) -> None:
    settings.VECTORS = f"milvus://me:hunter22@127.0.0.1:{free_port()}"
    finding = vectors()
    assert not finding.ok
    assert "does not answer. Start it, or correct CLIPSITE_VECTORS" in finding.sentence
    assert "hunter22" not in finding.sentence
