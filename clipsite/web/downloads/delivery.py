"""Handing a file to others that send it in the site's place, once the site has said who may have it.

nginx reads `X-Accel-Redirect` and takes the rest from the disk; deploy/nginx has the folders that it may take from. A
bucket sends a picture to whoever has a signed address.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from search.bucket import sync
from search.models import Dataset

HERE = "here"
"""A parameter by which a page asks the site itself for a picture: a script may not read what another host sent."""

_PREFIX = "/accel"


def proxy_response(path: Path, content_type: str, headers: dict[str, str]) -> HttpResponse | None:
    """Returns the answer that tells the proxy to send this file; None where the site has to send it itself."""
    if not settings.ACCEL or not any(path.is_relative_to(folder) for folder in _served_folders()):
        return None
    response = HttpResponse(content_type=content_type, headers=headers)
    response["X-Accel-Redirect"] = _PREFIX + quote(os.fsencode(path))
    return response


def bucket_response(
    request: HttpRequest, dataset: Dataset, path: Path, content_type: str, headers: dict[str, str]
) -> HttpResponse | None:
    """Returns the answer that leads a browser to the bucket; None where the site has to send the file.

    It does where the bucket does not answer or may not have the file, and for programs with a token, which some of them
    would pass on to the bucket.
    """
    is_for_bucket = request.method == "GET" and "Authorization" not in request.headers and HERE not in request.GET
    if not is_for_bucket or not sync.is_synced(dataset):
        return None
    signed = sync.sign(path, content_type, headers.get("Content-Disposition", ""), headers["Cache-Control"])
    if signed is None:
        return None
    headers = headers | {"Cache-Control": f"private, max-age={signed.seconds}"}
    return HttpResponseRedirect(signed.address, headers=headers)


def _served_folders() -> list[Path]:
    folders = (settings.DERIVATIVES_DIR, settings.ORIGINALS_DIR, settings.SAMPLES_DIR, *settings.IMAGE_ROOTS)
    return [Path(folder) for folder in folders]
