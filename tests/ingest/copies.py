"""A dataset of photographs and copies of them, with every stage done in the test's own process."""

from __future__ import annotations

import shutil
from pathlib import Path

import skimage
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageOps

from search.duplicates.groups import regroup
from search.duplicates.pairs import find_duplicates
from search.embeddings.encode_images import embed_images
from search.images.derivatives import derive_images
from search.ingest.records import ingest_chunk
from search.models import Dataset, Image
from search.versions.build import build_version
from tests.conftest import FAKE_ENCODER, files_of

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"


def put_photographs(folder: Path) -> None:
    """Coffee with a small, a darker, a mirrored and an equal copy; a cat twice; a rocket alone."""
    folder.mkdir(exist_ok=True)
    coffee = Pillow.open(PHOTOGRAPHS / "coffee.png").convert("RGB")
    coffee.save(folder / "coffee.png")
    shutil.copyfile(folder / "coffee.png", folder / "coffee equal.png")
    coffee.resize((300, 200)).save(folder / "coffee small.jpg")
    ImageEnhance.Brightness(coffee).enhance(0.9).save(folder / "coffee dark.jpg")
    ImageOps.mirror(coffee).save(folder / "coffee mirrored.jpg")
    cat = Pillow.open(PHOTOGRAPHS / "chelsea.png").convert("RGB")
    cat.save(folder / "cat.jpg")
    shutil.copyfile(folder / "cat.jpg", folder / "cat equal.jpg")
    shutil.copyfile(PHOTOGRAPHS / "rocket.jpg", folder / "rocket.jpg")


def index(dataset: Dataset) -> Dataset:
    """Brings records, derivatives, embeddings and the live version up to date with the folder."""
    ids = ingest_chunk(dataset, files_of(dataset)).image_ids
    waiting = Image.objects.filter(pk__in=ids, state=Image.State.PENDING)
    derive_images(list(waiting.select_related("dataset")))
    embed_images(list(dataset.images.filter(state=Image.State.READY, embeddings=None)), FAKE_ENCODER)
    build_version(dataset, FAKE_ENCODER)
    return Dataset.objects.select_related("live_version__encoder").get(pk=dataset.pk)


def compare(dataset: Dataset) -> int | None:
    """As the stage of a run does it; says how many pictures were compared."""
    compared = find_duplicates(Dataset.objects.select_related("live_version__encoder").get(pk=dataset.pk))
    regroup(dataset)
    return compared


def named(dataset: Dataset, name: str) -> Image:
    return dataset.images.select_related("dataset").get(name=name)
