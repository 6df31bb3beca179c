"""Lines of the log: the request, run and batch that each belongs to, and the secrets that never appear."""

from __future__ import annotations

import logging
import re
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from search.log_context import current_log_fields

_HIDDEN = "***"
_SECRETS = (
    (re.compile(r"(://[^\s:/@]*:)[^\s@]+(?=@)"), rf"\1{_HIDDEN}"),  # passwords in addresses
    (re.compile(r"\bclip_[0-9a-f]{8,}"), f"clip_{_HIDDEN}"),  # tokens of the API
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"(/(?:shared|reset|key|invitations?)/)[^\s/]{12,}"), rf"\1{_HIDDEN}"),  # links that open something
    (re.compile(r"(?i)\b(sessionid|csrftoken)=\w+"), rf"\1={_HIDDEN}"),
)
_known_secrets: list[str] = []


def hide(*secrets: str) -> None:
    """Strike these texts out of every line from now on, wherever they come from."""
    _known_secrets.extend(secret for secret in secrets if secret)


def without_secrets(text: str) -> str:
    """Return the text with passwords, tokens and session keys struck out."""
    for secret in _known_secrets:
        text = text.replace(secret, _HIDDEN)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class ReadinessFilter(logging.Filter):
    """The filter drops lines about `/readyz`: whoever asks every few seconds knows already that it is not ready."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return getattr(request, "path", "") != "/readyz"


class LineFormatter(logging.Formatter):
    """Formats lines for people: time, level, logger, message, and the context in brackets."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in current_log_fields().items())
        line = super().format(record)
        if fields:
            first, *others = line.split("\n", 1)
            line = "\n".join([f"{first} [{fields}]", *others])
        # Last, from the whole line: a traceback may hold a secret, too.
        return without_secrets(line)


class JsonLineFormatter(JsonFormatter):
    """Formats lines for programs: one object a line, the context among its fields."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # Django puts the request itself into its records, with its path.
        super().__init__(*arguments, reserved_attrs=[*RESERVED_ATTRS, "request"], **options)

    def format(self, record: logging.LogRecord) -> str:
        for name, value in current_log_fields().items():
            record.__dict__.setdefault(name, value)
        return without_secrets(super().format(record))


def configuration(level: str, form: str) -> dict[str, Any]:
    """Return Django's LOGGING: the site's own lines from `level` on, in the form `line` or `json`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "clipsite.config.logs.LineFormatter",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            },
            "json": {
                "()": "clipsite.config.logs.JsonLineFormatter",
                "format": "{asctime}{levelname}{name}{message}",
                "style": "{",
                "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
            },
        },
        "filters": {"readiness": {"()": "clipsite.config.logs.ReadinessFilter"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        # Libraries say what they load and fetch at INFO; open_clip does so as the root logger itself.
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "clipsite": {"level": level},
            "search": {"level": level},
            "workers": {"level": level},
            # A line for each request is for programs; people would lose sight of what matters.
            "clipsite.web.site.requests": {"level": level if form == "json" else "WARNING"},
            # They bring handlers of their own, whose lines would lack the format and the context.
            "uvicorn": {"handlers": [], "propagate": True, "level": "WARNING"},
            "uvicorn.error": {"handlers": [], "propagate": True, "level": "WARNING"},
            "huggingface_hub": {"level": "ERROR"},
            # A page that is not there or a question that cannot be answered is the visitor's news, not the operator's.
            "django.request": {"level": "ERROR", "filters": ["readiness"]},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
