"""People who search while images are indexed on the same cores, and one client that asks 200 times a second.

`python -m tests.load.searching --photos DIR` measures, in a site of its own: indexing alone, searching alone, both
together, and searching beside the client that asks too often. Prints one line of JSON last.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clipsite.benchmarks.corpus import make_corpus
from clipsite.benchmarks.machine import describe_machine
from search.polling import wait_for
from tests.e2e.proxy import proxy
from tests.e2e.site import ROOT, Site, running_site
from tests.environment import free_port
from tests.load.abuse import ABUSERS
from tests.load.records import Watched

STARTER = "starter/efficientnet-lite2/minilm-l6-tree"
_START_SECONDS = 300
_LOCUST_SECONDS = 5
"""Until it has begun."""
_OF_ABUSE = {"abuse", "refused"}


@dataclass(frozen=True, slots=True)
class Load:
    """What locust counted: of the people milliseconds and errors by what they asked; of the other client refusals."""

    requests: int
    errors: dict[str, int]
    a_second: float
    p50_ms: float
    p95_ms: float
    abuses: int
    refused: int


@dataclass(frozen=True, slots=True)
class Asked:
    """How large the measurement is."""

    photos: Path
    images: int
    solo_images: int
    library: int
    users: int
    pause: float
    seconds: int
    calm_seconds: int
    per_minute: int
    encoder: str


def measure(asked: Asked, folder: Path) -> dict[str, Any]:
    """The whole measurement, in a site of its own below `folder`."""
    counts = {"library": asked.library, "alone": asked.solo_images, "together": asked.images}
    paths = make_corpus(asked.photos, folder / "pictures", sum(counts.values()))
    folders = _dealt_out(paths, counts, folder)
    variables = {
        "CLIPSITE_PROXIES": "1",
        "CLIPSITE_ACCEL": "1",
        "CLIPSITE_ENCODER": asked.encoder,
        "CLIPSITE_ANONYMOUS_PER_MINUTE": str(asked.per_minute),
    }
    with running_site(folder, **variables) as bare, _behind_a_proxy(bare, folder) as site:
        _say(f"Indexing {asked.library:,} images to search in.")
        site.ingest("library", folders["library"])
        _say(f"Indexing {asked.solo_images:,} images with nobody searching.")
        alone = _rate(site, "alone", folders["alone"])
        _say(f"{asked.users} people search, nothing is indexed.")
        calm = _loaded(site, asked, ["Searcher"], asked.calm_seconds)
        _say(f"{asked.users} people search while {asked.images:,} images are indexed.")
        busy, together, run_failed = _both(site, asked, folders["together"])
        _say(f"{asked.users} people search beside one client that asks 200 times a second.")
        abused = _loaded(site, asked, ["Searcher", "Abuser"], asked.calm_seconds)
    return {
        "indexing_alone_per_s": alone,
        "indexing_under_load_per_s": together,
        "kept_rate": together / alone,
        "files_failed": run_failed,
        "calm": asdict(calm),
        "busy": asdict(busy),
        "abused": asdict(abused),
        "p95_beside_abuse": abused.p95_ms / calm.p95_ms,
        "asked": {name: str(value) if isinstance(value, Path) else value for name, value in asdict(asked).items()},
        "machine": describe_machine(),
    }


@contextmanager
def _behind_a_proxy(site: Site, folder: Path) -> Iterator[Site]:
    """The site as people reach it in a team, with nginx before it, which takes each of them for who he says he is."""
    port = free_port()
    variables = {"DATA_DIR": site.environment["CLIPSITE_DATA_DIR"], "PHOTOS_DIR": str(folder / "pictures")}
    variables |= {"HTTP_PORT": str(port), "UPLOAD_MB": "1"}
    believed = "set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;"
    web = urlsplit(site.address).port or 0
    with proxy(folder / "nginx", [web], "http", also=believed, **variables):
        yield replace(site, address=f"http://127.0.0.1:{port}")


def _dealt_out(paths: Sequence[Path], counts: dict[str, int], folder: Path) -> dict[str, Path]:
    """Each picture goes to one of the folders."""
    remaining = iter(paths)
    folders = {}
    for name, count in counts.items():
        folders[name] = folder / name
        for path in islice(remaining, count):
            target = folders[name] / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    return folders


def _rate(site: Site, name: str, folder: Path) -> float:
    """Images a second from the first batch that is encoded to the last, with nobody searching."""
    run = _started(site, name, folder)
    assert wait_for(lambda: run.state() != "active", _START_SECONDS)
    return run.rate()


def _started(site: Site, name: str, folder: Path) -> Watched:
    begun = site.manage("ingest", name, str(folder))
    assert begun.returncode == 0, begun.stderr
    run = Watched.newest(site)
    assert wait_for(lambda: run.encoded() > 0, _START_SECONDS), "no image was encoded"
    return run


def _both(site: Site, asked: Asked, folder: Path) -> tuple[Load, float, int]:
    run = _started(site, "together", folder)
    # Resizing runs ahead of encoding, so that only the whole run compares with a whole run that nobody disturbs.
    load = _loaded(
        site,
        asked,
        ["Searcher"],
        asked.seconds,
        is_over=lambda: run.encoded() >= asked.images,
    )
    rate = run.rate()
    assert wait_for(lambda: run.state() != "active", asked.images), "the run does not end"
    assert run.state() == "done"
    return load, rate, run.failed()


def _loaded(
    site: Site, asked: Asked, classes: Sequence[str], seconds: int, is_over: Callable[[], bool] = lambda: True
) -> Load:
    """Locust with these users, as a process of its own: for so long, and then on until it is over."""
    users = asked.users + (ABUSERS if "Abuser" in classes else 0)
    options = ("--headless", "--json", "--only-summary", "--loglevel", "ERROR", "--exit-code-on-error", "0")
    size = ("--users", str(users), "--spawn-rate", str(max(5, users // 5)))
    command = (sys.executable, "-m", "locust", "-f", "tests/load/locustfile.py", *options, *size)
    whom = ("--host", site.address, *classes)
    environment = os.environ | {"LOAD_PAUSE": str(asked.pause)}
    pipe = subprocess.PIPE
    locust = subprocess.Popen([*command, *whom], cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)
    try:
        least = time.monotonic() + _LOCUST_SECONDS + seconds
        ended = wait_for(
            lambda: locust.poll() is not None or (time.monotonic() >= least and is_over()),
            _LOCUST_SECONDS + seconds + asked.images,
        )
        assert ended, "what people search beside does not end"
    finally:
        locust.terminate()  # it says then what it counted
        counted, said = locust.communicate(timeout=60)
    assert counted, said
    return _summary(json.loads(counted))


def _summary(entries: Iterable[dict[str, Any]]) -> Load:
    people = [entry for entry in entries if entry["name"] not in _OF_ABUSE]
    times: dict[float, int] = {}
    for entry in people:
        for milliseconds, count in entry["response_times"].items():
            times[float(milliseconds)] = times.get(float(milliseconds), 0) + count
    counted = {entry["name"]: entry["num_requests"] for entry in entries}
    requests = sum(entry["num_requests"] for entry in people)
    began = min(entry["start_time"] for entry in people)
    ended = max(entry["last_request_timestamp"] for entry in people)
    return Load(
        requests=requests,
        errors={entry["name"]: entry["num_failures"] for entry in people if entry["num_failures"]},
        a_second=requests / max(ended - began, 1e-3),
        p50_ms=_quantile(times, 0.5),
        p95_ms=_quantile(times, 0.95),
        abuses=counted.get("abuse", 0) + counted.get("refused", 0),
        refused=counted.get("refused", 0),
    )


def _quantile(times: dict[float, int], share: float) -> float:
    """The time within which this share of all requests was answered."""
    wanted = share * sum(times.values())
    seen = 0
    for milliseconds in sorted(times):
        seen += times[milliseconds]
        if seen >= wanted:
            return milliseconds
    return 0.0


def _say(sentence: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photos to make pictures from")
    parser.add_argument("--images", type=int, default=20_000, help="indexed while people search")
    parser.add_argument("--solo-images", type=int, default=2_000, help="indexed while nobody does")
    parser.add_argument("--library", type=int, default=2_000, help="indexed before, to search in")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--pause", type=float, default=7, help="seconds between two questions of one, on average")
    parser.add_argument("--seconds", type=int, default=600, help="of searching while images are indexed")
    parser.add_argument("--calm-seconds", type=int, default=120, help="of searching alone, and beside abuse")
    parser.add_argument("--per-minute", type=int, default=120, help="what an address may ask the API")
    parser.add_argument("--encoder", default=STARTER)
    asked = Asked(**vars(parser.parse_args(arguments)))
    with tempfile.TemporaryDirectory(prefix="clipsite-load-") as folder:
        print(json.dumps(measure(asked, Path(folder))))  # noqa: T201 (a script)


if __name__ == "__main__":
    main()
