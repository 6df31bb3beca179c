"""The names of the site and who may reach it: hosts, origins, networks."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured

from clipsite.config.env.values import PREFIX, read_list


def read_hosts(name: str, default: str) -> list[str]:
    """Read host names separated by commas, without scheme or path."""
    hosts = read_list(name, default)
    for host in hosts:
        if "/" in host:
            raise ImproperlyConfigured(
                f"{PREFIX}{name} names {host!r}; write the host alone, without https:// (photos.example.org)."
            )
    return hosts


def read_origins(name: str) -> list[str]:
    """Read origins separated by commas, each with its scheme."""
    origins = read_list(name, "")
    for origin in origins:
        if not origin.startswith(("https://", "http://")):
            raise ImproperlyConfigured(
                f"{PREFIX}{name} names {origin!r}; write it with its scheme (https://photos.example.org)."
            )
    return origins


def read_networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Read networks or single addresses separated by commas, such as 10.1.0.0/16."""
    networks: list[IPv4Network | IPv6Network] = []
    for item in read_list(name, ""):
        try:
            networks.append(ip_network(item))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{PREFIX}{name} names {item!r}, which is no network; write 10.1.0.0/16 or 10.1.2.3."
            ) from error
    return networks
