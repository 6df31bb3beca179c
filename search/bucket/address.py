"""The address of a bucket; a value that the settings make."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of an S3-compatible store, and what opens it."""

    name: str
    prefix: str
    """The prefix of every key: "" or with a slash at its end."""

    endpoint: str
    """The address of the store; "" for that of Amazon."""

    region: str
    key: str
    secret: str = field(repr=False)

    @property
    def address(self) -> str:
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    @property
    def origin(self) -> str:
        """Scheme and host of all objects, as browsers write them."""
        return self.endpoint or f"https://{self.name}.s3.{self.region}.amazonaws.com"

    @property
    def root(self) -> str:
        """The path of all objects at that host."""
        return f"/{self.name}/{self.prefix}" if self.endpoint else f"/{self.prefix}"
