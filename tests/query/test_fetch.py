"""Pictures are fetched from public addresses only, whatever names and redirects say, and never for long."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from pytest_django import Settings

from search.errors import BadTerm
from search.query import fetch
from search.query.fetch import MOST_REDIRECTS, fetched
from search.query.public_network import is_public
from tests.web_server import WebServer, jpeg, serving


@pytest.fixture
def server(settings: Settings) -> Iterator[WebServer]:
    """A server whose address is allowed; nothing else of this machine is."""
    settings.FETCH_NETWORKS = [ip_network("127.0.0.1")]
    with serving("127.0.0.1") as running:
        yield running


@pytest.fixture
def inner() -> Iterator[WebServer]:
    """A server of the private network."""
    with serving("127.0.0.2") as running:
        yield running


def refusal(address: str) -> str:
    with pytest.raises(BadTerm) as error:
        fetched(address)
    return str(error.value)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "168.63.129.16",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.0.0.0",  # noqa: S104
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_addresses_that_not_everybody_reaches_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_network_of_ones_own_can_be_allowed(settings: Settings) -> None:
    settings.FETCH_NETWORKS = [ip_network("10.1.0.0/16")]
    assert is_public(ip_address("10.1.2.3"))
    assert is_public(ip_address("::ffff:10.1.2.3"))
    assert not is_public(ip_address("10.2.0.1"))


def test_what_lies_at_an_address_arrives_whatever_it_is_called(server: WebServer) -> None:
    assert fetched(server.address("/picture/red")) == jpeg("red")


def test_redirects_are_followed_also_to_places_of_the_same_server(server: WebServer) -> None:
    assert fetched(server.address("/redirect/%2Fpicture%2Fblue")) == jpeg("blue")


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost", "[::1]", "2130706434", "0x7f.0.0.2", "[::ffff:127.0.0.2]"])
def test_private_addresses_are_refused_however_they_are_written(inner: WebServer, host: str) -> None:
    assert "leads into a private network" in refusal(f"http://{host}:{inner.port}/picture/red")
    assert inner.asked == []


def test_a_redirect_into_the_private_network_is_refused(server: WebServer, inner: WebServer) -> None:
    to = inner.address("/picture/red").replace("/", "%2F")
    assert "leads into a private network" in refusal(server.address(f"/redirect/{to}"))
    assert inner.asked == []


@pytest.mark.parametrize("to", ["file:%2F%2F%2Fetc%2Fpasswd", "ftp:%2F%2F1.1.1.1%2Fa", "http:%2F%2F[%2F"])
def test_a_redirect_to_anything_but_http_is_refused(server: WebServer, to: str) -> None:
    assert "it is no http or https address" in refusal(server.address(f"/redirect/{to}"))


def test_a_name_of_which_one_address_is_private_is_refused(
    server: WebServer, inner: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve(monkeypatch, [["127.0.0.1", "127.0.0.2"]])
    assert "leads into a private network" in refusal(f"http://pictures.test:{server.port}/picture/red")
    assert (server.asked, inner.asked) == ([], [])


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = _resolve(monkeypatch, [["127.0.0.1"], ["127.0.0.2"]])
    assert fetched(f"http://pictures.test:{server.port}/picture/red") == jpeg("red")
    assert left == [["127.0.0.2"]]


def test_a_name_that_changes_its_address_for_a_redirect_is_checked_again(
    server: WebServer, inner: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve(monkeypatch, [["127.0.0.1"], ["127.0.0.2"]])
    assert "leads into a private network" in refusal(f"http://pictures.test:{server.port}/redirect/%2Fpicture%2Fred")
    assert inner.asked == []


@pytest.mark.parametrize("path", ["/drip", "/headers"])
def test_a_server_that_drips_is_given_up_in_time(server: WebServer, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(fetch, "TOTAL_SECONDS", 0.3)
    assert "did not arrive within 0.3 seconds" in refusal(server.address(path))


def test_a_flood_ends_at_the_limit(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_BYTES", 3 << 20)
    assert "larger than 3 MB" in refusal(server.address("/flood"))


def test_redirects_without_end_and_answers_without_content_are_sentences(server: WebServer) -> None:
    assert f"leads on more than {MOST_REDIRECTS} times" in refusal(server.address("/loop"))
    assert len(server.asked) == MOST_REDIRECTS + 1
    assert "its server answers 404" in refusal(server.address("/nothing"))
    assert "it is no http or https address" in refusal("http:///picture")


def test_a_server_that_is_not_there_is_a_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FETCH_NETWORKS = [ip_network("127.0.0.1")]
    with serving("127.0.0.1") as gone:
        pass
    assert "no server answers there" in refusal(gone.address("/picture/red"))
    _resolve(monkeypatch, [[]])
    assert "no server answers there" in refusal("http://pictures.test/picture/red")


def _resolve(monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]) -> list[list[str]]:
    """Has the system's resolver answer these, in this order, for pictures.test; returns what was not asked yet."""
    resolve = socket.getaddrinfo

    def answer(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if host not in {"pictures.test", b"pictures.test"}:
            return resolve(host, port, *arguments, **options)
        addresses = answers.pop(0)
        if not addresses:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return answers
