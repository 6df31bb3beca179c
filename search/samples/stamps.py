"""The photo stamps of Debian's package tuxpaint-stamps-default: about 430 cut-outs, each with an English caption."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from search.samples.base import OnMessage, SampleSet, SourceUnavailable, complete_set, write_captions
from search.values import Report

PACKAGE = "tuxpaint-stamps-default"
STAMPS = Path("usr/share/tuxpaint/stamps")
DRAWN = {"symbols", "cartoon"}
DOWNLOAD_SECONDS = 900


class DebianStamps:
    """Needs apt-get and dpkg-deb, neither root nor package lists of the system."""

    title = "Tux Paint stamps"
    slug = "tuxpaint-stamps"

    def fetch(self, destination: Path, count: int | None, say: OnMessage, report: Report) -> SampleSet:
        if (complete := complete_set(self.title, destination)) is not None:
            return complete
        missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
        if missing:
            raise SourceUnavailable(f"{' and '.join(missing)} not installed, so Debian's packages cannot be had")
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=destination, prefix=".package-") as folder:
            say(f"Downloading Debian's package {PACKAGE} (161 MB).")
            return self.unpack(_download(Path(folder)), destination, report)

    def unpack(self, package: Path, destination: Path, report: Report) -> SampleSet:
        """Takes the photos and their captions out of a downloaded package."""
        with tempfile.TemporaryDirectory(dir=destination, prefix=".unpacked-") as folder:
            _run(("dpkg-deb", "-x", str(package), folder))
            stamps = Path(folder) / STAMPS
            chosen = photos_below(stamps)
            if not chosen:
                raise SourceUnavailable(f"the package {PACKAGE} holds no photos where they are expected")
            draft = Path(folder) / "photos"
            rows: list[tuple[str, ...]] = []
            for position, photo in enumerate(chosen, start=1):
                name = photo.relative_to(stamps)
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                photo.rename(draft / name)
                rows.append((name.as_posix(), caption_of(photo)))
                report(position, len(chosen))
            write_captions(destination / "captions.tsv", rows)
            draft.rename(destination / "photos")
        return SampleSet(self.title, destination / "photos", len(chosen), destination / "captions.tsv")


def photos_below(stamps: Path) -> list[Path]:
    """Pictures with a caption, outside the folders of drawings; mirrored twins have no caption and fall away."""
    return sorted(
        photo
        for photo in stamps.rglob("*.png")
        if not DRAWN.intersection(photo.relative_to(stamps).parts) and photo.with_suffix(".txt").is_file()
    )


def caption_of(photo: Path) -> str:
    """The first line is English; the lines after it are translations."""
    text = photo.with_suffix(".txt").read_text(encoding="utf-8", errors="replace")
    return text.partition("\n")[0].strip()


def _download(folder: Path) -> Path:
    """Downloads with the system's package lists, or else with lists of its own, which needs no root."""
    try:
        _run(("apt-get", "--quiet", "download", PACKAGE), folder)
    except SourceUnavailable:
        (folder / "lists" / "partial").mkdir(parents=True)
        own = ("-o", f"Dir::State::Lists={folder / 'lists'}", "-o", f"Dir::Cache={folder}")
        _run(("apt-get", *own, "--quiet", "update"), folder)
        _run(("apt-get", *own, "--quiet", "download", PACKAGE), folder)
    packages = sorted(folder.glob(f"{PACKAGE}_*.deb"))
    if not packages:
        raise SourceUnavailable(f"apt-get downloaded no {PACKAGE}")
    return packages[0]


def _run(command: tuple[str, ...], folder: Path | None = None) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        result = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceUnavailable(f"{command[0]} failed: {error}") from error
    if result.returncode:
        errors = [line for line in result.stderr.splitlines() if line.startswith(("E:", "dpkg"))]
        reason = errors[0] if errors else f"exit status {result.returncode}"
        raise SourceUnavailable(f"{command[0]} failed: {reason}")
