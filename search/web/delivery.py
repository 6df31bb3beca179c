"""Handing a file to a proxy of ours that sends it in the site's place, once the site has said who may have it.

nginx reads `X-Accel-Redirect` and takes the rest from the disk; deploy/nginx has the folders that it may take from.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse

_PREFIX = "/accel"


def sent_by_proxy(path: Path, content_type: str, headers: dict[str, str]) -> HttpResponse | None:
    """The answer that tells the proxy to send this file; None where the site has to send it itself."""
    if not settings.ACCEL or not any(path.is_relative_to(folder) for folder in _served_folders()):
        return None
    response = HttpResponse(content_type=content_type, headers=headers)
    response["X-Accel-Redirect"] = _PREFIX + quote(os.fsencode(path))
    return response


def _served_folders() -> list[Path]:
    folders = (settings.DERIVATIVES_DIR, settings.ORIGINALS_DIR, settings.SAMPLES_DIR, *settings.IMAGE_ROOTS)
    return [Path(folder) for folder in folders]
