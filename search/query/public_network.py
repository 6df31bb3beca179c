"""Connections to public addresses only: what a name resolves to is checked, and that is what is connected to.

A name that changes its address in between (DNS rebinding) gains nothing, since it is resolved once for each connection.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpcore2
from django.conf import settings

_resolvers = ThreadPoolExecutor(4, "names")
"""The system's resolver knows no limit of time, so whoever waits for it does."""


class NotPublic(Exception):
    """A name leads, also, to an address that only this network can reach."""


class PublicBackend(httpcore2.NetworkBackend):
    """The backend by which httpcore connects. All that its connections do ends at `deadline`, a time of `monotonic`.

    Raises NotPublic, and httpcore's errors of connection and time.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """To the first of the checked addresses that answers; the times that httpcore gives are not looked at."""
        failure: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in _public_addresses(host, port, self._deadline):
            try:
                stream = httpcore2.SyncBackend().connect_tcp(
                    address, port, seconds_left(self._deadline), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _BoundedStream(stream, self._deadline)
        raise failure


class _BoundedStream(httpcore2.NetworkStream):
    """A connection on which no single step begins anew to count its time: one that drips ends in time too."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, seconds_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, seconds_left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        stream = self._stream.start_tls(ssl_context, server_hostname, seconds_left(self._deadline))
        return _BoundedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def seconds_left(deadline: float) -> float:
    """Seconds until then. Raises httpcore's ReadTimeout when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore2.ReadTimeout("the time is over")
    return seconds


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether everybody can reach an address, or CLIPSITE_FETCH_NETWORKS allows it."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in settings.FETCH_NETWORKS):
        return True
    is_ordinary = address.is_global and not address.is_multicast and not address.is_reserved
    return is_ordinary and not any(address in network for network in _refused())


@cache
def _refused() -> tuple[IPv4Network | IPv6Network, ...]:
    """Microsoft's list: it also has translated addresses and those of clouds, which are global by the registry."""
    from AntiSSRF import IPAddressRanges

    return tuple(ip_network(network) for network in IPAddressRanges.recommended_latest)


def _public_addresses(host: str, port: int, deadline: float) -> list[str]:
    lookup = _resolvers.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        results = lookup.result(seconds_left(deadline))
    except TooLate as error:
        raise httpcore2.ConnectTimeout(f"{host} was not resolved in time") from error
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"{host} has no address") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in results))
    if not all(is_public(ip_address(address)) for address in addresses):
        raise NotPublic(host)
    return addresses
