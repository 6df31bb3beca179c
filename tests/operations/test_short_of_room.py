"""A picture for which the disk has room for a part only is not kept: neither the part, nor as if it were the whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import io, resource, signal, sys
from pathlib import Path
import numpy as np
from PIL import Image
import django
django.setup()
from search.images.derivatives import JPEG_QUALITY, store_jpeg
noise = np.random.default_rng(5).integers(0, 255, (384, 384, 3), dtype=np.uint8)
target = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
content = io.BytesIO()
Image.fromarray(noise).save(content, "JPEG", quality=JPEG_QUALITY)
room = len(content.getvalue()) - 100
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
try:
    store_jpeg(Image.fromarray(noise), target)
except OSError:
    print("refused", sorted(file.name for file in target.parent.iterdir()))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store_jpeg(Image.fromarray(noise), target)
print("kept", target.stat().st_size == room + 100, Image.open(target).convert("L").size)
"""


def test_a_part_of_a_picture_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    """The kernel takes a part of what is written, as at the end of a disk, and refuses only what follows."""
    program = f"import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'clipsite.config.settings'\n{PROGRAM}"
    command = [sys.executable, "-c", program, str(tmp_path / "small.jpg")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["refused []", "kept True (384, 384)"], done.stderr
