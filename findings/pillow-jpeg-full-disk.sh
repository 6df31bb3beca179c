#!/usr/bin/env bash
# Pillow saves half a JPEG on a disk that is nearly full and reports success.
#
# Packages: pillow 13.0.0, numpy 2.4.6
# Expected: `save` raises OSError when the file does not fit, and removes what it began, as it does for PNG.
# Really:   a JPEG up to about the size of a thumbnail is handed to the system in one call. Where only a part fits, the
#           system writes that part and says how much; Pillow does not compare, so `save` returns and a cut file stays.
#           The same bytes written by Python raise, as do the other formats. (Of a larger one, of BMP and of TIFF only
#           the last piece goes unchecked.) So: save into a BytesIO and write that. A limit on the size of files stands
#           in for the disk here; a tmpfs of 40 kB, filled up, was seen to do the same.
#
# Seen (Linux, Python 3.11; room for half of each file):
#   JPEG of 63225 bytes: save returned, 31612 bytes are on disk, loading them: OSError
#   PNG of 434616 bytes: save raised OSError, no file is left
#   WEBP of 68788 bytes: save raised OSError, no file is left
#   AVIF of 50563 bytes: save raised OSError, no file is left
#   JPEG by way of BytesIO: write raised OSError
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import resource
import sys
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image


@contextmanager
def room_for(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def bytes_of(picture, file_format):
    content = BytesIO()
    picture.save(content, file_format)
    return content.getvalue()


def raised(call):
    try:
        call()
    except OSError as error:
        return type(error).__name__
    return ""


noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
picture = Image.fromarray(noise).resize((512, 384))
silent = []
for file_format in ("JPEG", "PNG", "WEBP", "AVIF"):
    whole, path = bytes_of(picture, file_format), Path(f"picture.{file_format}")
    with room_for(len(whole) // 2):
        error = raised(lambda: picture.save(path, file_format))
    name = f"{file_format} of {len(whole)} bytes"
    if error:
        print(f"{name}: save raised {error}, {'a file' if path.exists() else 'no file'} is left")
    else:
        print(f"{name}: save returned, {path.stat().st_size} bytes are on disk, loading them:", end=" ")
        loading = raised(lambda: Image.open(path).load())
        print(loading or "fine")
        if loading:
            silent.append(file_format)

whole = bytes_of(picture, "JPEG")
with room_for(len(whole) // 2):
    error = raised(lambda: Path("written.jpg").write_bytes(whole))
print(f"JPEG by way of BytesIO: {'write raised ' + error if error else 'write returned'}")
if silent != ["JPEG"] or not error:
    sys.exit("no longer so")
PYTHON
