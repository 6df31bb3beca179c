"""Whether this web process can answer: the database and Valkey reply."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError


def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when both answer, else 503 with what does not."""
    problems = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        problems.append("the database does not answer")
    try:
        cache.get("alive")
    except (RedisError, OSError):
        problems.append("Valkey does not answer")
    return JsonResponse({"ok": not problems, "problems": problems}, status=503 if problems else 200)
