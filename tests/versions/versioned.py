"""A dataset whose versions tests build without files of images: rows and vectors of plain colours."""

from __future__ import annotations

from pathlib import Path

from search.embeddings.store import encoder_record, store_embeddings
from search.files.paths import index_folder
from search.models import Dataset, Image, IndexVersion
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER
from tests.fake_encoder import DIMENSION, FakeTextTower

OTHER_ENCODER = "fake/colours/other"
COLOURS = ("red", "blue", "lime", "white", "navy", "olive", "gold", "pink")


def add_images(dataset: Dataset, *colours: str, encoders: tuple[str, ...] = (FAKE_ENCODER, OTHER_ENCODER)) -> None:
    """One image a colour, called `red.png` and so on, encoded by each encoder."""
    images = [
        Image.objects.create(
            dataset=dataset,
            name=f"{colour}.png",
            checksum=f"{number:064x}",
            byte_size=1,
            modified_ns=1,
            state=Image.State.READY,
        )
        for number, colour in enumerate(colours, start=dataset.images.count() + 1)
    ]
    vectors = FakeTextTower().encode(colours)
    for name in encoders:
        store_embeddings(encoder_record(name, DIMENSION), [image.pk for image in images], vectors)


def build(dataset: Dataset, encoder: str = FAKE_ENCODER, *, stage_only: bool = False) -> IndexVersion:
    """The next version, live unless held."""
    return build_version(fresh(dataset), encoder, afresh=True, stage_only=stage_only)


def fresh(dataset: Dataset) -> Dataset:
    """As another request reads it."""
    return Dataset.objects.select_related("live_version__encoder").get(pk=dataset.pk)


def _largest_file(version: IndexVersion) -> Path:
    return max(index_folder(version.path).iterdir(), key=lambda file: file.stat().st_size)


def _replace(path: Path, content: bytes) -> None:
    """Not written over: what is mapped into memory stays what it was."""
    path.unlink()
    path.write_bytes(content)


def flip_a_byte(version: IndexVersion) -> None:
    path = _largest_file(version)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    _replace(path, bytes(content))


def truncate(version: IndexVersion) -> None:
    path = _largest_file(version)
    _replace(path, path.read_bytes()[: path.stat().st_size // 2])


def claim_another_dimension(version: IndexVersion) -> None:
    path = index_folder(version.path) / "manifest.json"
    path.write_text(path.read_text().replace(f'"dimension": {DIMENSION}', f'"dimension": {DIMENSION + 1}'))


def lose_a_file(version: IndexVersion) -> None:
    _largest_file(version).unlink()
