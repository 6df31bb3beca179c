#!/usr/bin/env bash
# Pillow reads some valid deep TIFFs wrong, without an error or a warning.
#
# Packages: pillow 13.0.0, tifffile 2026.3.3, numpy 2.4.6
# Expected: a TIFF that Pillow opens has the values that were written, whichever way they lie in the file.
# Really:   RGB of 16 bits in separate planes, uncompressed: noise (compressed, or not in planes: right).
#           Signed 16-bit and float32 grey, big-endian and compressed: bytes swapped (uncompressed, or little-endian:
#           right). Unsigned 16-bit grey where zero is white: not inverted, whereas 8 bits are. Tifffile reads all of
#           them; scanners, microscopes and photo editors write them.
#
# Seen (Python 3.11, little-endian machine):
#   RGB 16 bits, contiguous, uncompressed: right
#   RGB 16 bits, in planes, compressed: right
#   RGB 16 bits, in planes, uncompressed: WRONG, by up to 234 of 255
#   int16 little-endian compressed: right
#   int16 big-endian uncompressed: right
#   int16 big-endian compressed: WRONG, 600 is read as 22530
#   float32 little-endian compressed: right
#   float32 big-endian uncompressed: right
#   float32 big-endian compressed: WRONG, 600.0 is read as 7.9874e-42
#   8 bits, zero is white: inverted
#   16 bits, zero is white: WRONG, not inverted
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    pillow==13.0.0 tifffile==2026.3.3 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys
from io import BytesIO

import numpy as np
import tifffile
from PIL import Image

seen = {}


def read_back(array, **layout):
    """What Pillow makes of a file that tifffile wrote, and reads back rightly itself."""
    file = BytesIO()
    tifffile.imwrite(file, array, **layout)
    file.seek(0)
    assert np.array_equal(tifffile.imread(file), array)
    file.seek(0)
    return np.asarray(Image.open(file))


def tell(name, is_right, wrong, right="right"):
    seen[name] = is_right
    print(f"{name}: {right if is_right else 'WRONG, ' + wrong}")


colour = np.full((32, 48, 3), 30000, np.uint16)
colour[..., 0] = np.arange(48) * 1300
colour[..., 1] = np.arange(32)[:, None] * 2000
for planes, compression in ((False, None), (True, "zlib"), (True, None)):
    array = np.ascontiguousarray(np.moveaxis(colour, 2, 0)) if planes else colour
    layout = {"planarconfig": "separate" if planes else "contig", "compression": compression}
    off = np.abs(read_back(array, photometric="rgb", **layout) - colour / 257).max()
    where = f"{'in planes' if planes else 'contiguous'}, {'compressed' if compression else 'uncompressed'}"
    tell(f"RGB 16 bits, {where}", off < 2, f"by up to {off:.0f} of 255")

ramp = np.tile(np.arange(48) * 600, (32, 1))
for kind in ("int16", "float32"):
    for order, compression in (("<", "zlib"), (">", None), (">", "zlib")):
        array = ramp.astype(kind)
        read = read_back(array, photometric="minisblack", byteorder=order, compression=compression)
        where = f"{'big' if order == '>' else 'little'}-endian {'compressed' if compression else 'uncompressed'}"
        tell(f"{kind} {where}", np.array_equal(read, array), f"{array[0, 1]} is read as {read[0, 1]:g}")

for name, array in (("8", (ramp // 257).astype(np.uint8)), ("16", ramp.astype(np.uint16))):
    read = read_back(array, photometric="miniswhite")
    is_inverted = np.array_equal(read, np.iinfo(array.dtype).max - array)
    tell(f"{name} bits, zero is white", is_inverted, "not inverted", right="inverted")

wrong = {name for name, is_right in seen.items() if not is_right}
if wrong != {
    "RGB 16 bits, in planes, uncompressed",
    "int16 big-endian compressed",
    "float32 big-endian compressed",
    "16 bits, zero is white",
}:
    sys.exit("no longer so")
PYTHON
