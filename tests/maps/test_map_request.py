"""What a form or the command line asks of a map is read once, and wrong values get a sentence."""

from __future__ import annotations

import pytest

from search.errors import InvalidQuery
from search.maps.request import MapRequest, read_parameters
from search.projection.parameters import MapParameters, Metric


def test_what_is_not_said_is_as_usual() -> None:
    assert read_parameters({}) == MapParameters()
    assert read_parameters({"neighbours": "", "seed": " "}) == MapParameters()


def test_everything_can_be_said() -> None:
    asked = read_parameters({"neighbours": "30", "min_distance": "0.5", "metric": "euclidean", "seed": "7"})
    assert asked == MapParameters(30, 0.5, Metric.EUCLIDEAN, 7)
    assert read_parameters({"seed": "none"}).seed is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"neighbours": "1"}, "neighbours is '1'"),
        ({"neighbours": "many"}, "neighbours is 'many'"),
        ({"neighbours": "1000"}, "from 2 to 100"),
        ({"min_distance": "-0.1"}, "min_distance is '-0.1'"),
        ({"min_distance": "nan"}, "a number from 0 to 0.99"),
        ({"metric": "manhattan"}, "it is one of cosine, euclidean"),
        ({"seed": "-1"}, "seed is '-1'"),
        ({"seed": "99999999999"}, "seed is"),
    ],
)
def test_a_value_that_makes_no_sense_gets_a_sentence(given: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        read_parameters(given)


@pytest.mark.parametrize(
    "request_", [MapRequest(), MapRequest(extends=True), MapRequest(MapParameters(5, 0.0, Metric.EUCLIDEAN, None))]
)
def test_a_request_survives_being_kept(request_: MapRequest) -> None:
    assert MapRequest.from_json(request_.as_json()) == request_
    assert MapRequest.from_json({}) == MapRequest()
