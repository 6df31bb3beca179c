"""`manage.py benchmark project` draws the same vectors twice, ours and a plain UMAP, and says what each took."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.usefixtures("db")
def test_it_compares_both_maps_of_the_same_vectors() -> None:
    out = StringIO()
    call_command("benchmark", "project", "--n", "1200", "--json", stdout=out)
    measured = json.loads(out.getvalue().splitlines()[-1])
    assert measured["n"] == measured["fitted"] == 1200
    assert measured["ratio_to_plain_umap"] == pytest.approx(measured["plain_seconds"] / measured["seconds"])
    assert {"neighbours", "layout", "trust", "clusters"} <= set(measured["timings"])
    assert 0.6 < measured["trustworthiness"] <= 1
    assert abs(measured["trustworthiness"] - measured["plain_trustworthiness"]) < 0.05
    assert min(measured["peak_mb"], measured["plain_peak_mb"]) > 50


def test_so_few_vectors_are_refused() -> None:
    with pytest.raises(CommandError, match="--n is 10"):
        call_command("benchmark", "project", "--n", "10")
