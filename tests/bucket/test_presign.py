"""Signed addresses: like those of the library, and the same for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest

from search.bucket.address import Bucket
from search.bucket.client import PATIENT, connect
from search.bucket.presign import LIFE, WINDOW, address_of, signed_address

OWN = Bucket("photos", "site/", "https://s3.example.org:9000", "eu-central-1", "KEY", "a secret/+=")
AMAZON = Bucket("photos", "", "", "eu-central-1", "KEY", "a secret/+=")
NOW = 1_800_000_123.7


@pytest.mark.parametrize("bucket", [OWN, AMAZON], ids=["own", "amazon"])
@pytest.mark.parametrize("key", ["derivatives/7/ab/abc.jpg", "originals/7/Fêtes & more/50% #1+2 ~(a).jpg"])
def test_an_address_is_signed_as_the_library_signs_it(bucket: Bucket, key: str) -> None:
    """For the time at which the library did; it takes none and knows no parameters."""
    store = connect(bucket, PATIENT)
    theirs = urlsplit(obstore.sign(store, "GET", key, timedelta(seconds=600)))
    parameters = parse_qs(theirs.query)
    at = datetime.strptime(parameters["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = urlsplit(signed_address(bucket, key, {}, at, 600))
    assert (ours.scheme, ours.netloc, ours.path) == (theirs.scheme, theirs.netloc, theirs.path)
    assert parse_qs(ours.query) == parameters


def test_an_address_stays_the_same_within_its_window_and_no_longer() -> None:
    begun = NOW - NOW % WINDOW
    addresses = [address_of(OWN, "a.jpg", {}, begun + late).address for late in (0, 1, WINDOW - 1, WINDOW)]
    assert len(set(addresses[:3])) == 1
    assert addresses[3] != addresses[0]


@pytest.mark.parametrize("late", [0, 1, WINDOW // 2, WINDOW - 1])
def test_it_is_handed_on_for_less_time_than_it_opens_its_object(late: int) -> None:
    begun = NOW - NOW % WINDOW
    signed = address_of(OWN, "a.jpg", {}, begun + late)
    parameters = parse_qs(urlsplit(signed.address).query)
    assert parameters["X-Amz-Expires"] == [str(LIFE)]
    assert WINDOW - 120 < signed.seconds < LIFE - late


def test_another_type_or_name_is_another_address() -> None:
    plain, named = (
        address_of(OWN, "a.jpg", parameters, NOW).address
        for parameters in ({}, {"response-content-disposition": 'attachment; filename="Fête #1.jpg"'})
    )
    assert parse_qs(urlsplit(named).query)["response-content-disposition"] == ['attachment; filename="Fête #1.jpg"']
    assert plain.rpartition("=")[2] != named.rpartition("=")[2]
