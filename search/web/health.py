"""Whether this web process can answer: the database and Valkey reply."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from search.services.valkey import valkey_answers


def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when both answer, else 503 with what does not."""
    problems = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        problems.append("the database does not answer")
    if not valkey_answers():
        problems.append("Valkey does not answer")
    return JsonResponse({"ok": not problems, "problems": problems}, status=503 if problems else 200)
