#!/usr/bin/env bash
# Pillow turns a TIFF upright by itself, but only when its pixels are loaded.
#
# Packages: pillow 13.0.0, numpy 2.4.6
# Expected: as with a JPEG, the orientation tag is the caller's business: read it, load, transpose.
# Really:   `open` already gives the turned size and still gives the tag; `load` turns the pixels and removes the tag.
#           Code that reads the tag before it loads turns a TIFF twice: 3 ends upside down, 6 and 8 on their side.
#           `ImageOps.exif_transpose` loads first, so it is right for both formats.
#
# Seen (Python 3.11; a picture of 40 x 20 whose left half is white, stored with orientation 3, 6, 8):
#   JPEG 3: opened 40x20 tag 3, loaded 40x20 tag 3; read-load-transpose as exif_transpose: True
#   JPEG 6: opened 40x20 tag 6, loaded 40x20 tag 6; read-load-transpose as exif_transpose: True
#   JPEG 8: opened 40x20 tag 8, loaded 40x20 tag 8; read-load-transpose as exif_transpose: True
#   TIFF 3: opened 40x20 tag 3, loaded 40x20 tag None; read-load-transpose as exif_transpose: False
#   TIFF 6: opened 20x40 tag 6, loaded 20x40 tag None; read-load-transpose as exif_transpose: False
#   TIFF 8: opened 20x40 tag 8, loaded 20x40 tag None; read-load-transpose as exif_transpose: False
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps

ORIENTATION = 274
TURNS = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}


def stored(file_format, orientation):
    picture = Image.new("RGB", (40, 20), "black")
    picture.paste("white", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = BytesIO()
    picture.save(file, file_format, exif=exif)
    return file


def state(picture):
    return f"{picture.width}x{picture.height} tag {picture.getexif().get(ORIENTATION)}"


agreed = {}
for file_format in ("JPEG", "TIFF"):
    for orientation in TURNS:
        file = stored(file_format, orientation)
        opened = Image.open(file)
        before, turn = state(opened), TURNS[opened.getexif()[ORIENTATION]]
        opened.load()
        after = state(opened)
        by_hand = np.asarray(opened.transpose(turn).convert("L"), np.int16)
        right = np.asarray(ImageOps.exif_transpose(Image.open(file)).convert("L"), np.int16)
        same = by_hand.shape == right.shape and int(np.abs(by_hand - right).max()) < 64
        agreed[file_format, orientation] = same
        name = f"{file_format} {orientation}"
        print(f"{name}: opened {before}, loaded {after}; read-load-transpose as exif_transpose: {same}")

if agreed != {(name, number): name == "JPEG" for name in ("JPEG", "TIFF") for number in TURNS}:
    sys.exit("no longer so")
PYTHON
