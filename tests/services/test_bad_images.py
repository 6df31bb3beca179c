"""Files as people really have them: each gets its exact verdict, and none stops the others."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import PngImagePlugin

from search.errors import UnreadableImage
from search.models import Image
from search.services.derive import derive_images, read_picture
from search.services.ingest import ingest_chunk
from tests.conftest import MakeDataset, files_of

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (64, 48)) -> Pillow.Image:
    return Pillow.new("RGB", size, colour)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width: int, height: int, extra: bytes = b"") -> bytes:
    """A PNG that claims a size, with next to no data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(b"\0" * 64))


def palette_gif(path: Path) -> None:
    picture().quantize(4).save(path, "GIF")


def animated(kind: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        picture().save(path, kind, save_all=True, append_images=[picture(BLUE)], duration=100, lossless=True)

    return write


def polyglot(path: Path) -> None:
    picture().save(path, "JPEG", quality=95)
    path.write_bytes(path.read_bytes() + b"<html><script>alert(1)</script></html>")


def grey_with_transparency(path: Path) -> None:
    Pillow.new("LA", (64, 48), (200, 255)).save(path, "PNG")


@pytest.mark.parametrize(
    ("write", "name", "image_format"),
    [
        (palette_gif, "palette.gif", "GIF"),
        (animated("GIF"), "animated.gif", "GIF"),
        (animated("WEBP"), "animated.webp", "WEBP"),
        (polyglot, "with-page.jpg", "JPEG"),
        (polyglot, "a name\nof two lines.jpg", "JPEG"),
        (polyglot, "wrong-suffix.png", "JPEG"),
    ],
)
def test_it_reads_the_first_picture_of_what_can_be_read(
    tmp_path: Path, write: Callable[[Path], None], name: str, image_format: str
) -> None:
    write(tmp_path / name)
    small, width, height, found = read_picture(tmp_path / name)
    assert (width, height, found) == (64, 48, image_format)
    red, green, blue = small.getpixel((32, 24))  # type: ignore[misc]
    assert red > 240
    assert max(green, blue) < 15


def test_it_reads_grey_with_transparency(tmp_path: Path) -> None:
    grey_with_transparency(tmp_path / "grey.png")
    assert read_picture(tmp_path / "grey.png")[0].getpixel((1, 1)) == (200, 200, 200)


def text_bomb() -> bytes:
    return chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * (64 << 20)))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bomb.png", png_of(20_000, 20_000), "more than 150 megapixels"),
        ("text-bomb.png", png_of(8, 8, text_bomb()), "damaged or incomplete"),
        ("no-data.png", png_of(64, 64), "damaged or incomplete"),
        ("photo.heic.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "not an image of a known format"),
        ("stars.jpg", b"SIMPLE  =                    T".ljust(2880), "not an image of a known format"),
        ("print.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image of a known format"),
        ("layers.png", b"8BPS\0\x01" + bytes(200), "not an image of a known format"),
    ],
)
def test_it_says_why_a_file_cannot_be_used(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableImage, match=reason):
        read_picture(tmp_path / name)


def test_a_folder_of_troubles_costs_only_the_troubles(tmp_path: Path, make_dataset: MakeDataset) -> None:
    folder = tmp_path / "troubles"
    folder.mkdir()
    picture().save(folder / "good.png")
    (folder / "bomb.png").write_bytes(png_of(20_000, 20_000))
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    picture().save(folder / "vanishes.png")
    dataset = make_dataset(folder)
    ids = ingest_chunk(dataset, files_of(dataset)).image_ids
    (folder / "vanishes.png").unlink()
    outcome = derive_images(list(Image.objects.filter(pk__in=ids).select_related("dataset")))
    assert [Image.objects.get(pk=pk).name for pk in outcome.done_ids] == ["good.png"]
    assert {failure.name: failure.reason for failure in outcome.failures} == {
        "bomb.png": "has more than 150 megapixels (CLIPSITE_MAX_IMAGE_MEGAPIXELS)",
        "vanishes.png": "is no longer in its folder",
    }


def test_pillow_refuses_long_texts_before_they_fill_the_memory() -> None:
    assert PngImagePlugin.MAX_TEXT_CHUNK <= 1 << 20
    assert PngImagePlugin.MAX_TEXT_MEMORY <= 64 << 20
