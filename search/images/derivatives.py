"""Derivatives: decode at reduced scale, orient, flatten, resize, write once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, NamedTuple, cast

from django.conf import settings
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as Pillow

from search.bucket import sync
from search.errors import UnreadableImage
from search.files.atomic import atomic_file
from search.files.paths import derivative_path
from search.images import decoder_limits
from search.images.capture_time import taken_at
from search.images.decoder_limits import FORMATS
from search.images.perceptual_hash import perceptual_hash
from search.images.thumbhash import placeholder_of
from search.models import Image
from search.values import FailedImage, Report, StageOutcome, no_report

SHORT_SIDE = 384
"""Pixels: the longest input of the encoders in common use, so that none reads an enlarged picture."""

LONG_SIDE_LIMIT = 4 * SHORT_SIDE
"""Pixels: a panorama or a scroll is bounded, at the price of a shorter short side."""

_UPDATED_FIELDS = ["width", "height", "format", "taken_at", "perceptual_hash", "placeholder", "state"]
JPEG_QUALITY = 85

_TRANSPOSITIONS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
"""By the number that EXIF gives to an orientation."""

_SIDES_CHANGED = {_TRANSPOSITIONS[number] for number in (5, 6, 7, 8)}

_DECODED_BYTES = 8
"""What a decoder may hold for each pixel: four channels, and as much again for its own work."""

_MOST_PIXELS = settings.MAX_IMAGE_MEGAPIXELS * 1_000_000
# Pillow refuses from twice this number on, and only warns before: what lies between is refused below.
Pillow.MAX_IMAGE_PIXELS = _MOST_PIXELS
warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)


Watch = Callable[[Image], AbstractContextManager[None]]
"""Called with an image for the `with` block that reads it; a caller may bound the time of the block."""


def no_watch(image: Image) -> AbstractContextManager[None]:
    """The watch of a caller who can wait."""
    return nullcontext()


def derive_images(
    images: Sequence[Image],
    report: Report = no_report,
    watch: Watch = no_watch,
    limit: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> StageOutcome:
    """Writes the derivative of each image and records its size; may run twice. Raises BucketUnavailable, DiskFull.

    Files are read within `limit`; what goes to or comes from a bucket counts neither there nor for `watch`.
    """
    done: list[Image] = []
    failures: list[FailedImage] = []
    sync.fetch_all([_original(image) for image in images])
    with limit():
        for position, image in enumerate(images, start=1):
            try:
                with watch(image):
                    derive_image(image)
            except UnreadableImage as error:
                image.state = Image.State.FAILED
                failures.append(FailedImage(image.pk, image.name, str(error)))
            else:
                image.state = Image.State.READY
                done.append(image)
            report(position, len(images))
    sync.send([derivative_path(image.dataset_id, image.checksum) for image in done])
    Image.objects.bulk_update(images, _UPDATED_FIELDS)
    return StageOutcome(tuple(image.pk for image in done), tuple(failures))


def _original(image: Image) -> Path:
    return Path(image.dataset.source_path, image.name)


def derive_image(image: Image) -> None:
    """Writes one derivative and fills in what was seen of the picture. Raises UnreadableImage."""
    target = derivative_path(image.dataset_id, image.checksum)
    if image.width and target.exists():
        return
    picture = read_picture(_original(image))
    image.width, image.height, image.format, image.taken_at = (
        picture.width,
        picture.height,
        picture.format,
        picture.taken_at,
    )
    # While the pixels are at hand: the stage `compare` then reads no derivative for it.
    image.perceptual_hash = perceptual_hash(picture.reduced)
    image.placeholder = placeholder_of(picture.reduced)
    store_jpeg(picture.reduced, target)


def store_jpeg(picture: Pillow.Image, target: Path) -> None:
    """Writes the whole picture or nothing. Raises DiskFull."""
    content = BytesIO()
    picture.save(content, "JPEG", quality=JPEG_QUALITY)
    with atomic_file(target) as file:
        # Not by Pillow: where a disk has room for a part only, it takes the part for all.
        file.write(content.getbuffer())


class Picture(NamedTuple):
    """An original as it was read: reduced to RGB, its own width and height as shown, its format, when it was taken."""

    reduced: Pillow.Image
    width: int
    height: int
    format: str
    taken_at: datetime | None


def read_picture(file: Path | IO[bytes], most_megapixels: int | None = None) -> Picture:
    """Decodes a file at reduced scale; its size is limited by the setting, or further. Raises UnreadableImage."""
    opened: Pillow.Image | None = None
    try:
        with Pillow.open(file, formats=FORMATS) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise UnreadableImage(_too_large())
            if most_megapixels and opened.width * opened.height > most_megapixels * 1_000_000:
                raise UnreadableImage(f"has more than {most_megapixels} megapixels; a smaller copy will do")
            return _reduce(opened)
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableImage("is not an image of a known format, or its beginning is damaged") from error
    except Pillow.DecompressionBombError as error:
        raise UnreadableImage(_too_large()) from error
    except FileNotFoundError as error:
        raise UnreadableImage("is no longer in its folder") from error
    except PermissionError as error:
        raise UnreadableImage("cannot be read: permission denied") from error
    except MemoryError as error:
        raise UnreadableImage(decoder_limits.too_much_memory()) from error
    except Exception as error:  # foreign bytes make decoders raise anything: TypeError, RuntimeError, struct.error
        raise UnreadableImage(_damage_reason(opened.size if opened else (0, 0))) from error


def _damage_reason(size: tuple[int, int]) -> str:
    """Return why a file cannot be decoded; some decoders report a lack of memory as damage."""
    if size[0] * size[1] * _DECODED_BYTES < decoder_limits.WORKER_BYTES:
        return "is damaged or incomplete"
    return f"is damaged or {decoder_limits.too_much_memory()}"


def _too_large() -> str:
    return f"has more than {settings.MAX_IMAGE_MEGAPIXELS} megapixels (CLIPSITE_MAX_IMAGE_MEGAPIXELS)"


def _reduce(opened: Pillow.Image) -> Picture:
    image_format = opened.format or ""
    scale = _scale(opened.size)
    width, height = opened.size
    turn, moment = _turn(opened), taken_at(opened)
    if turn in _SIDES_CHANGED:
        width, height = height, width
    # JPEG can be decoded at 1/2, 1/4 or 1/8: twice the target keeps the final resize as sharp as from the full size.
    opened.draft("RGB", (round(2 * opened.width * scale), round(2 * opened.height * scale)))
    opened.load()
    # Turned last: a copy of the full picture is what a large one has no memory for.
    picture = _fit(flatten(opened))
    return Picture(picture if turn is None else picture.transpose(turn), width, height, image_format, moment)


def _turn(opened: Pillow.Image) -> Pillow.Transpose | None:
    """Return what brings the picture upright; orientations that make no sense mean nothing."""
    orientation = opened.getexif().get(ExifTags.Base.Orientation)
    return _TRANSPOSITIONS.get(orientation) if isinstance(orientation, int) else None


def _scale(size: tuple[int, int]) -> float:
    short, long = sorted(size)
    return min(1.0, max(SHORT_SIDE / short, 1e-9), LONG_SIDE_LIMIT / long)


def _fit(picture: Pillow.Image) -> Pillow.Image:
    scale = _scale(picture.size)
    if scale >= 1.0:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Pillow.Resampling.BICUBIC, reducing_gap=3.0)


def flatten(picture: Pillow.Image) -> Pillow.Image:
    """RGB on white; a fully transparent border is cut away first: encoders would read it as part of the scene."""
    if picture.mode.startswith("I;16") or picture.mode in {"I", "F"}:
        picture = _to_eight_bits(picture)
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    layered = picture.convert("RGBA")
    box = layered.getchannel("A").getbbox()
    if box:
        layered = layered.crop(box)
    page = Pillow.new("RGB", layered.size, "white")
    page.paste(layered, mask=layered.getchannel("A"))
    return page


def _to_eight_bits(picture: Pillow.Image) -> Pillow.Image:
    """Deep greyscale is stretched over its own range; a plain conversion would clip it to white."""
    values = picture.convert("F")
    low, high = cast("tuple[float, float]", values.getextrema())
    scale = 255.0 / ((high - low) or 1.0)
    return values.point(lambda value: value * scale - low * scale).convert("L")
