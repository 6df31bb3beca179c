"""How often programs and people may ask: counted in a real Valkey."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from clipsite.web.access.rate_limits import take
from search.models import Dataset
from tests.api.conftest import MakeHeaders
from tests.environment import free_port

_names = count()


@pytest.fixture(autouse=True)
def empty_buckets(settings: Settings) -> redis.Redis:
    """Nobody has asked yet."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter("clipsite:rate:*"):
        client.delete(key)
    return client


def age(client: redis.Redis, seconds: float) -> None:
    """Makes every bucket believe that so much time has gone by."""
    for key in client.scan_iter("clipsite:rate:*"):
        at = client.hget(key, "at")
        assert isinstance(at, bytes)
        client.hset(key, "at", f"{float(at) - seconds * 1000:.3f}")


def ask(client: Client, **more: Any) -> Any:
    return client.get(reverse("api-datasets"), **more)


def test_a_bucket_empties_and_fills_again(empty_buckets: redis.Redis) -> None:
    granted = [take("test", "me", 3) for _ in range(4)]
    assert all(granted)
    assert [(one.is_granted, one.remaining) for one in granted if one] == [
        (True, 2),
        (True, 1),
        (True, 0),
        (False, 0),
    ]
    last = granted[-1]
    assert last is not None
    assert 19 <= last.seconds_to_next <= 20
    age(empty_buckets, 20)
    again = take("test", "me", 3)
    assert again is not None
    assert (again.is_granted, again.remaining) == (True, 0)
    age(empty_buckets, 3600)
    full = take("test", "me", 3)
    assert full is not None
    assert full.remaining == 2


def test_a_bucket_that_is_full_again_takes_no_room(empty_buckets: redis.Redis) -> None:
    take("test", "me", 60)
    (key,) = empty_buckets.scan_iter("clipsite:rate:*")
    assert 0 < empty_buckets.pttl(key) <= 2001


def test_many_at_once_get_no_more_than_there_is() -> None:
    with ThreadPoolExecutor(8) as pool:
        granted = [one for one in pool.map(lambda _: take("test", "crowd", 120), range(60)) if one]
    # Ten seconds' worth, and in the time that this takes another one or two may have come back.
    assert 20 <= sum(one.is_granted for one in granted) <= 25


def test_too_many_requests_are_told_when_to_come_back(public: Dataset, client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE = 2
    first = ask(client)
    assert first.status_code == 200
    assert first["RateLimit-Policy"] == '"api";q=2;w=60'
    assert first["RateLimit"] == '"api";r=1;t=30'
    ask(client)
    refused = ask(client)
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 29 <= int(refused["Retry-After"]) <= 30
    assert refused["RateLimit"] == f'"api";r=0;t={refused["Retry-After"]}'
    assert refused.json()["detail"].startswith("Too many requests: 2 a minute are allowed. Ask again in ")


def test_each_token_person_and_address_is_counted_by_itself(
    public: Dataset, client: Client, settings: Settings, alice: User, headers_of: MakeHeaders
) -> None:
    settings.API_PER_MINUTE = 1
    one, other = headers_of(alice, "read"), headers_of(alice, "read")
    for headers in (one, other):
        assert ask(client, headers=headers).status_code == 200
        assert ask(client, headers=headers).status_code == 429
    for address in ("10.0.0.1", "10.0.0.2", "2001:db8::1"):
        assert ask(client, REMOTE_ADDR=address).status_code == 200
        assert ask(client, REMOTE_ADDR=address).status_code == 429
    assert ask(client, REMOTE_ADDR="2001:db8::ffff").status_code == 429  # the same customer's network
    client.force_login(alice)
    assert ask(client).status_code == 200


def test_strangers_may_ask_less_often(
    public: Dataset, client: Client, settings: Settings, alice: User, headers_of: MakeHeaders
) -> None:
    settings.API_PER_MINUTE, settings.ANONYMOUS_PER_MINUTE = 3, 1
    assert [ask(client).status_code for _ in range(2)] == [200, 429]
    headers = headers_of(alice, "read")
    assert [ask(client, headers=headers).status_code for _ in range(4)] == [200, 200, 200, 429]
    client.force_login(alice)
    assert [ask(client).status_code for _ in range(4)] == [200, 200, 200, 429]
    settings.API_PER_MINUTE = 0
    assert ask(Client()).status_code == 200


def test_guessing_tokens_is_counted(public: Dataset, client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE = 2
    found = [ask(client, headers={"Authorization": f"Bearer clip_{number}"}).status_code for number in range(3)]
    assert found == [401, 401, 429]


def test_only_our_own_proxies_are_believed(public: Dataset, client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE = 1
    forged = [{"X-Forwarded-For": f"10.0.0.{number}"} for number in (1, 2)]
    assert [ask(client, headers=headers).status_code for headers in forged] == [200, 429]
    settings.PROXIES = 1
    assert [ask(client, headers=headers).status_code for headers in forged] == [200, 200]
    behind = {"X-Forwarded-For": "10.9.9.9, 10.0.0.1"}
    assert ask(client, headers=behind).status_code == 429


def test_searching_by_page_is_limited_too(public: Dataset, client: Client, settings: Settings) -> None:
    settings.SEARCHES_PER_MINUTE = 1
    asked = {"dataset": "pictures", "q": "red"}
    assert client.get(reverse("search"), asked).status_code == 200
    refused = client.get(reverse("search"), asked)
    assert (refused.status_code, refused["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert 59 <= int(refused["Retry-After"]) <= 60
    assert b"Too many requests" in refused.content
    assert client.get(reverse("home")).status_code == 200


def test_a_picture_to_search_with_counts_as_a_search_and_the_query_is_kept(
    public: Dataset, client: Client, settings: Settings
) -> None:
    settings.SEARCHES_PER_MINUTE = 1
    form = {"address": "https://photos.example.org/a.jpg", "q": "red", "dataset": "pictures"}
    assert client.post(reverse("query-picture-add"), form).status_code == 302
    told = client.post(reverse("query-picture-add"), form, headers={"Accept": "application/json"})
    assert (told.status_code, "Too many requests" in told.json()["error"]) == (429, True)
    refused = client.post(reverse("query-picture-add"), form)
    assert refused.status_code == 429
    assert b"Too many requests" in refused.content
    assert b'value="red"' in refused.content


def test_zero_is_without_limit(public: Dataset, client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE = 0
    answers = [ask(client) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert not answers[0].has_header("RateLimit")


def test_without_valkey_everybody_may_ask(public: Dataset, client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE = 1
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert [ask(client).status_code for _ in range(3)] == [200, 200, 200]
