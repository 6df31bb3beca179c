"""The calls to Milvus: short patience, one connection a process, errors as sentences."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

from search.errors import ServiceUnavailable
from search.index.milvus.address import MilvusAddress
from search.index.milvus.rows import as_written

_CONNECT_S = 3.0
_ANSWER_S = 10.0
"""For what is quick; within it the client tries again by itself when a call fails for a moment."""

_RECONNECT_MS = 1000
"""Between attempts to connect; otherwise they become as rare as one in two minutes."""

_WRITE_S = 30.0
_FLUSH_S = 60.0
_POLL_S = 0.2
_TRIES = 3
"""Of calls that may take as long as they need, so that only a lost connection ends them."""

_LONGEST_REASON = 300
_CONNECT_FAILED = 2
"""The client's own code; the others that mean so are those of gRPC."""

_NOT_LOADED = 101
_UNREACHABLE = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}

_clients: dict[tuple[int, MilvusAddress], Any] = {}
_connecting = threading.Lock()


class MilvusServer:
    """One Milvus. Every method raises ServiceUnavailable when it does not answer or refuses."""

    def __init__(self, address: MilvusAddress) -> None:
        self.address = address

    def version(self) -> str:
        with self._calling() as client:
            return str(client.get_server_version(timeout=_ANSWER_S))

    @cached_property
    def halves(self) -> bool:
        """Return whether the server has float16 vectors; the embedded one has not."""
        return not self.version().startswith("milvus_lite")

    def has(self, collection: str) -> bool:
        with self._calling() as client:
            return bool(client.has_collection(collection, timeout=_ANSWER_S))

    def collections(self, prefix: str) -> list[str]:
        with self._calling() as client:
            return [name for name in client.list_collections(timeout=_ANSWER_S) if name.startswith(prefix)]

    def create(self, collection: str, describe: Callable[[Any], Any], *, shards: int = 1) -> None:
        """`describe` fills an empty schema; each of the shards is written by itself."""
        with self._calling() as client:
            schema = describe(client.create_schema(auto_id=False, enable_dynamic_field=False))
            client.create_collection(collection, schema=schema, num_shards=shards, timeout=_WRITE_S)

    def upsert(self, collection: str, rows: list[dict[str, Any]]) -> None:
        """Writes rows; safe to repeat, as a row with the same key is replaced."""
        with self._calling() as client:
            # Not `insert`: a server keeps a second row of the same key, and then returns fewer hits than it should.
            client.upsert(collection, rows, timeout=_WRITE_S)

    def flush(self, collection: str) -> None:
        with self._calling() as client:
            client.flush(collection, timeout=_FLUSH_S)

    def make_indexes(self, collection: str, indexes: Sequence[dict[str, Any]]) -> None:
        """Makes indexes; returns when every row so far is in them."""
        with self._calling() as client:
            parameters = client.prepare_index_params()
            for index in indexes:
                parameters.add_index(**index)
            client.create_index(collection, parameters, timeout=None, retry_times=_TRIES, sync=False)
        for index in indexes:
            self._until(partial(self._is_indexed, collection, index["field_name"]))

    def load(self, collection: str) -> None:
        """Loads a collection; returns when it can be searched."""
        with self._calling() as client:
            client.load_collection(collection, timeout=_WRITE_S, _async=True)
            self._until(lambda: self._is_loaded(collection))

    def search(
        self, collection: str, vectors: list[Any], k: int, expression: str, parameters: dict[str, Any], *, fresh: bool
    ) -> list[list[tuple[int, float]]]:
        """Keys and inner products of the k nearest to each vector; `fresh` waits for all that was written before."""
        answers = self._read(
            "search",
            collection,
            data=vectors,
            filter=expression,
            limit=k,
            anns_field="vector",
            search_params={"metric_type": "IP", "params": parameters},
            output_fields=["row"],
            consistency_level="Strong" if fresh else "Bounded",
            timeout=_ANSWER_S,
        )
        return [[(int(hit["row"]), float(hit["distance"])) for hit in hits] for hits in answers]

    def rows(
        self, collection: str, expression: str, fields: list[str], most: int | None = None
    ) -> list[dict[str, Any]]:
        limit = {} if most is None else {"limit": most}
        query = {"filter": expression, "output_fields": fields, "consistency_level": "Strong", **limit}
        return [as_written(dict(row)) for row in self._read("query", collection, timeout=_WRITE_S, **query)]

    def number(self, collection: str, expression: str) -> int:
        # Not the collection's `row_count`, which is 0 before a flush and counts deleted rows.
        return int(self.rows(collection, expression, ["count(*)"])[0]["count(*)"])

    def delete(self, collection: str, expression: str) -> None:
        with self._calling() as client:
            client.delete(collection, filter=expression, timeout=_WRITE_S)

    def drop(self, collection: str) -> None:
        """Drops a collection and its aliases, without which a server would refuse."""
        with self._calling() as client:
            for alias in client.list_aliases(collection, timeout=_ANSWER_S)["aliases"]:
                client.drop_alias(alias, timeout=_ANSWER_S)
            client.drop_collection(collection, timeout=_WRITE_S)

    def point_alias(self, alias: str, collection: str) -> None:
        """Points the alias at a collection in one step; makes the alias where it is missing."""
        with self._calling() as client:
            try:
                client.alter_alias(collection, alias, timeout=_ANSWER_S)
            except _library().MilvusException:
                client.create_alias(collection, alias, timeout=_ANSWER_S)

    def _read(self, method: str, collection: str, **arguments: Any) -> Any:
        """Reads from a collection; loads it first where an embedded server was started again."""
        with self._calling() as client:
            try:
                return getattr(client, method)(collection, **arguments)
            except _library().MilvusException as error:
                if error.code != _NOT_LOADED:
                    raise
                self.load(collection)
                return getattr(client, method)(collection, **arguments)

    def _is_indexed(self, collection: str, field: str) -> bool:
        with self._calling() as client:
            state = client.describe_index(collection, field, timeout=_ANSWER_S) or {}
        if state.get("state") == "Failed":
            raise self._refusal(f"the index of {field} could not be built: {state.get('reason', '')}")
        return state.get("state") == "Finished" and int(state.get("pending_index_rows", 0)) == 0

    def _is_loaded(self, collection: str) -> bool:
        with self._calling() as client:
            return getattr(client.get_load_state(collection, timeout=_ANSWER_S)["state"], "name", "") == "Loaded"

    def _until(self, is_done: Callable[[], bool]) -> None:
        while not is_done():
            time.sleep(_POLL_S)

    @contextmanager
    def _calling(self) -> Iterator[Any]:
        """The client of this process; what it raises becomes a sentence."""
        refused = _library().MilvusException
        from grpc import RpcError

        try:
            yield _client(self.address)
        except (refused, RpcError) as error:
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> ServiceUnavailable:
        code = getattr(error, "code", None)
        code = code() if callable(code) else code
        if code == _CONNECT_FAILED or getattr(code, "name", "") in _UNREACHABLE:
            return ServiceUnavailable(
                f"Milvus at {self.address.shown} does not answer. Start it, or correct CLIPSITE_VECTORS; "
                "as soon as it answers, searches work again."
            )
        return self._refusal(str(getattr(error, "message", error)))

    def _refusal(self, reason: str) -> ServiceUnavailable:
        return ServiceUnavailable(
            f"Milvus at {self.address.shown} refuses: {' '.join(reason.split())[:_LONGEST_REASON]}"
        )


def _client(address: MilvusAddress) -> Any:
    """Return the connection of this process; a forked child cannot use its parent's."""
    key = (os.getpid(), address)
    if key in _clients:
        return _clients[key]
    if not _connecting.acquire(timeout=_CONNECT_S):
        raise _library().MilvusException(_CONNECT_FAILED, "another thread is still trying to connect")
    try:
        if key not in _clients:
            _clients[key] = _connect(address)
        return _clients[key]
    finally:
        _connecting.release()


def _connect(address: MilvusAddress) -> Any:
    if address.is_file:
        return _open_file(address)
    return _library().MilvusClient(
        address.uri,
        user=address.user,
        password=address.password,
        db_name=address.database,
        timeout=_CONNECT_S,
        grpc_options={"grpc.initial_reconnect_backoff_ms": 200, "grpc.max_reconnect_backoff_ms": _RECONNECT_MS},
    )


def _open_file(address: MilvusAddress) -> Any:
    Path(address.uri).parent.mkdir(parents=True, exist_ok=True)
    try:
        return _library().MilvusClient(address.uri, timeout=_CONNECT_S)
    except _library().MilvusException as error:
        raise ServiceUnavailable(
            f"{address.shown} cannot be opened; only one process can have it open. For a whole site, run "
            f"milvus-lite server --data-dir {address.shown} and set CLIPSITE_VECTORS=milvus://127.0.0.1:19530."
        ) from error


@lru_cache
def _library() -> Any:
    """The client reads any `.env` near it and prints every error with its traceback; neither is wanted here."""
    os.environ.setdefault("PYTHON_DOTENV_DISABLED", "1")
    try:
        import pymilvus
    except ImportError as error:
        raise ServiceUnavailable(
            "CLIPSITE_VECTORS names a Milvus, but its client is not installed here: pip install pymilvus"
        ) from error
    for name in ("pymilvus", "pymilvus.milvus_client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return pymilvus
