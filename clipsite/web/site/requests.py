"""The outermost middleware: an id, a count and a time for every request, and headers that keep answers on this site."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from search.log_context import log_fields
from search.metrics import REQUESTS

logger = logging.getLogger(__name__)

_TAKEN_OVER = re.compile(r"[\w.:-]{8,128}", re.ASCII)
_UNKNOWN = "(no such address)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMiddleware:
    """Adds id and headers, counts and logs; as the outermost, it does so for answers of all other middlewares too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _request_id(request)
        started = time.perf_counter()
        with log_fields(request_id=request_id):
            response = self._get_response(request)
            seconds = time.perf_counter() - started
            address = _address(request)
            method = request.method if request.method in _METHODS else "other"
            REQUESTS.labels(method, address, response.status_code).observe(seconds)
            logger.info(
                "%s %s: %d",
                method,
                address,
                response.status_code,
                extra={"method": method, "address": address, "status": response.status_code, "seconds": seconds},
            )
        response["X-Request-ID"] = request_id
        # Pages of other sites may neither draw our pictures, nor run our scripts, nor show our answers in a frame.
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        return response


def _request_id(request: HttpRequest) -> str:
    """Returns the id that a proxy or a client sent, so that one id is in all logs; else a new one."""
    header = request.headers.get("X-Request-ID", "")
    return header if _TAKEN_OVER.fullmatch(header) else uuid.uuid4().hex


def _address(request: HttpRequest) -> str:
    """Returns the pattern of the address: a path may have the secret of a link, and there are endlessly many."""
    match = request.resolver_match
    return f"/{match.route}" if match is not None else _UNKNOWN
