"""Many browsers that watch one run: whether each sees its true end, and what it costs the web process.

`python -m tests.load.sockets --photos DIR` starts a site of its own, opens 1,000 progress sockets as browsers do,
indexes, and prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from clipsite.benchmarks.corpus import make_corpus
from clipsite.benchmarks.machine import describe_machine
from search.polling import wait_for
from tests.e2e.site import Site, running_site
from tests.load.records import Watched
from tests.load.searching import STARTER

_OPENED_AT_ONCE = 50
_LOOK_SECONDS = 0.5
_FINAL_SECONDS = 60.0
_READY_SECONDS = 120
_MB = 1 << 20


@dataclass
class Watcher:
    """One browser: keeps the newest state of each run, and asks for all of them where a number is missing."""

    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    frames: int = 0
    gaps: int = 0
    lost: str = ""

    async def follow(self, socket: ClientConnection) -> None:
        """Until the connection ends."""
        try:
            async for text in socket:
                self.frames += 1
                frame = json.loads(text)
                if frame["type"] == "snapshot":
                    self.runs |= {run["id"]: run for run in frame["runs"]}
                elif frame["type"] == "run" and self._is_gap(frame["run"]):
                    self.gaps += 1
                    await socket.send('{"type": "snapshot"}')
        except ConnectionClosed as error:
            self.lost = str(error)

    def _is_gap(self, run: dict[str, Any]) -> bool:
        known = self.runs.get(run["id"])
        if known is None or run["sequence"] > known["sequence"]:
            self.runs[run["id"]] = run
        return known is not None and run["sequence"] > known["sequence"] + 1

    def sees(self, run_id: int, state: str, sequence: int) -> bool:
        run = self.runs.get(run_id, {})
        return (run.get("state"), run.get("sequence")) == (state, sequence)


async def measure(site: Site, clients: int, folder: Path) -> dict[str, Any]:
    """So many watch while the pictures of a folder are indexed."""
    web = psutil.Process(site.processes("uvicorn")[0])
    # What it loads in any case is no cost of its sockets.
    assert await asyncio.to_thread(wait_for, lambda: site.get("/readyz")[0] == 200, _READY_SECONDS)
    before = web.memory_info().rss
    watchers = [Watcher() for _ in range(clients)]
    sockets = await _opened(site, clients)
    tasks = [asyncio.create_task(one.follow(socket)) for one, socket in zip(watchers, sockets, strict=True)]
    most = before
    begun = await asyncio.to_thread(site.manage, "ingest", "watched", str(folder))
    assert begun.returncode == 0, begun.stderr
    run = Watched.newest(site)
    while run.state() == "active":
        most = max(most, web.memory_info().rss)
        await asyncio.sleep(_LOOK_SECONDS)
    ended = time.monotonic()
    state = run.state()
    while time.monotonic() - ended < _FINAL_SECONDS:
        if all(one.sees(run.run, state, run.sequence()) for one in watchers if not one.lost):
            break
        await asyncio.sleep(_LOOK_SECONDS)
    final = sum(one.sees(run.run, state, run.sequence()) for one in watchers)
    seconds = time.monotonic() - ended
    lost = [one.lost for one in watchers if one.lost]
    for socket in sockets:
        await socket.close()
    await asyncio.gather(*tasks)
    logs = Path(site.environment["CLIPSITE_DATA_DIR"], "logs").glob("*.log")
    said = site.log.read_text() + "".join(log.read_text(errors="replace") for log in logs)
    return {
        "clients": clients,
        "run_state": state,
        "at_the_true_end": final,
        "seconds_until_all_saw_it": seconds,
        "connections_lost": len(lost),
        "reasons": sorted(set(lost))[:3],
        "over_capacity": said.count("over capacity"),
        "frames_of_one": statistics.median(one.frames for one in watchers),
        "gaps": sum(one.gaps for one in watchers),
        "web_mb_before": before / _MB,
        "web_mb_most": most / _MB,
        "machine": describe_machine(),
    }


async def _opened(site: Site, clients: int) -> list[ClientConnection]:
    address = f"{site.address.replace('http', 'ws', 1)}/ws/runs/"
    free = asyncio.Semaphore(_OPENED_AT_ONCE)

    async def one() -> ClientConnection:
        async with free:
            return await connect(address, origin=Origin(site.address), open_timeout=60, ping_interval=None)

    return await asyncio.gather(*(one() for _ in range(clients)))


def allow_many_files() -> None:
    """Each connection is a file here and one in the web process, which inherits the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photos to make pictures from")
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--images", type=int, default=2_000, help="indexed while they watch")
    parser.add_argument("--encoder", default=STARTER)
    asked = parser.parse_args(arguments)
    allow_many_files()
    with tempfile.TemporaryDirectory(prefix="clipsite-load-") as own:
        folder = Path(own)
        make_corpus(asked.photos, folder / "pictures", asked.images)
        with running_site(folder, CLIPSITE_ENCODER=asked.encoder) as site:
            sys.stderr.write(f"{asked.clients:,} clients watch a run over {asked.images:,} images.\n")
            print(json.dumps(asyncio.run(measure(site, asked.clients, folder / "pictures"))))  # noqa: T201 (a script)


if __name__ == "__main__":
    main()
