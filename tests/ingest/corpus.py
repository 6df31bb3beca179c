"""A corpus of files as people really have them, each with the verdict that it must get."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

RED, BLUE = (255, 0, 0), (0, 0, 255)
SIZE = (64, 48)

UNKNOWN = "is not an image of a known format, or its beginning is damaged"
DAMAGED = "is damaged or incomplete"
TOO_LARGE = "has more than 150 megapixels (CLIPSITE_MAX_IMAGE_MEGAPIXELS)"


@dataclass(frozen=True)
class Case:
    """A file: its name, how it is written, and its format where it can be read, else the reason why not."""

    name: str
    write: Callable[[Path], object]
    image_format: str = ""
    reason: str = ""


def picture(colour: tuple[int, int, int] = RED, size: tuple[int, int] = SIZE) -> Pillow.Image:
    return Pillow.new("RGB", size, colour)


def noise(side: int = 400) -> Pillow.Image:
    return Pillow.fromarray(np.random.default_rng(1).integers(0, 255, (side, side, 3), dtype=np.uint8))


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(size: tuple[int, int], extra: bytes = b"", pixels: bytes | None = None) -> bytes:
    """A PNG of a size, red unless other pixels (or none at all) are given."""
    width, height = size
    rows = zlib.compress((b"\0" + bytes(RED) * width) * height) if pixels is None else pixels
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + extra + data


def content(given: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(given)


def animated(kind: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        picture().save(path, kind, save_all=True, append_images=[picture(BLUE)], duration=100, lossless=True)

    return write


def truncated(kind: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        noise().save(path, kind)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])

    return write


def with_page(path: Path) -> None:
    picture().save(path, "JPEG", quality=95)
    path.write_bytes(path.read_bytes() + b"<html><script>alert(1)</script></html>")


def oriented(orientation: int) -> Callable[[Path], object]:
    """A red picture of SIZE as it is shown, stored turned."""

    def write(path: Path) -> None:
        exif = Pillow.Exif()
        exif[0x0112] = orientation
        stored = SIZE[::-1] if orientation >= 5 else SIZE
        picture(size=(stored[0], stored[1])).save(path, "JPEG", quality=95, exif=exif)

    return write


def bomb(path: Path) -> None:
    """20,000 x 20,000 pixels that are really there: 400 megapixels in little more than a megabyte."""
    side, at_once = 20_000, 1_000
    rows = bytes(at_once * (1 + 3 * side))
    deflate = zlib.compressobj(9, wbits=-15)
    block = deflate.compress(rows) + deflate.flush(zlib.Z_FULL_FLUSH)  # stands alone, so it can be repeated
    times = side // at_once
    checksum = (times * len(rows) % 65_521) << 16 | 1  # Adler-32 of so many zeros
    path.write_bytes(png((side, side), pixels=b"\x78\xda" + block * times + b"\x03\0" + checksum.to_bytes(4)))


def packed_text(path: Path) -> None:
    """A text of 64 MB that is packed into 64 KB."""
    path.write_bytes(png(SIZE, png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * (64 << 20)))))


def plain_text(path: Path) -> None:
    path.write_bytes(png(SIZE, png_chunk(b"tEXt", b"Comment\0" + b"a" * (64 << 20))))


CASES = (
    Case("truncated.jpg", truncated("JPEG"), reason=DAMAGED),
    Case("truncated.png", truncated("PNG"), reason=DAMAGED),
    Case("zero.jpg", content(b""), reason=UNKNOWN),
    Case("letter.jpg", content(b"this is a letter"), reason=UNKNOWN),
    Case("cmyk.jpg", lambda path: Pillow.new("CMYK", SIZE, (0, 255, 255, 0)).save(path, "JPEG"), "JPEG"),
    Case("sixteen-bit.png", lambda path: Pillow.new("I;16", SIZE, 30_000).save(path, "PNG"), "PNG"),
    Case("grey-alpha.png", lambda path: Pillow.new("LA", SIZE, (200, 255)).save(path, "PNG"), "PNG"),
    Case("palette.png", lambda path: picture().quantize(4).save(path, "PNG"), "PNG"),
    Case("palette.gif", lambda path: picture().quantize(4).save(path, "GIF"), "GIF"),
    Case("animated.gif", animated("GIF"), "GIF"),
    Case("animated.webp", animated("WEBP"), "WEBP"),
    *(Case(f"exif-{number}.jpg", oriented(number), "JPEG") for number in range(1, 9)),
    Case("bomb.png", bomb, reason=TOO_LARGE),
    Case("claimed.png", content(png((20_000, 20_000), pixels=b"")), reason=TOO_LARGE),
    Case("no-data.png", content(png(SIZE, pixels=b"")), reason=DAMAGED),
    Case("packed-text.png", packed_text, reason=DAMAGED),
    Case("plain-text.png", plain_text, "PNG"),
    Case("photo.heic.jpg", content(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)), reason=UNKNOWN),
    Case("drawing.png", content(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), reason=UNKNOWN),
    Case("stars.jpg", content(b"SIMPLE  =                    T".ljust(2880)), reason=UNKNOWN),
    Case("print.jpg", content(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), reason=UNKNOWN),
    Case("layers.png", content(b"8BPS\0\x01" + bytes(200)), reason=UNKNOWN),
    Case("with-page.jpg", with_page, "JPEG"),
    Case("a name\nof two lines.jpg", with_page, "JPEG"),
    Case("wrong-suffix.png", with_page, "JPEG"),
)
