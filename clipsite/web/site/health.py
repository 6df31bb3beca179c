"""Health checks of a web process: whether it lives, and whether it should be sent requests."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from clipsite.operations.readiness import readiness_problems


@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answers 200 as long as the process answers at all; it asks nobody else, so that it costs and hides nothing."""
    return JsonResponse({"ok": True})


@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answers 200 when the database and Valkey answer and encoder and indexes are loaded, else 503 with what is not."""
    problems = readiness_problems()
    return JsonResponse({"ok": not problems, "problems": problems}, status=503 if problems else 200)
