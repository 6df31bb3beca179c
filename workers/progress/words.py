"""Numbers of a run in words, the same on pages, through the socket and on the command line."""

from __future__ import annotations

import math

from workers.progress.eta import Range

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_ROUGH_SECONDS = 5
_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def duration(seconds: float) -> str:
    """Write a time that has passed: `4 s`, `2 min 5 s`, `3 h 20 min`."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def time_left(left: Range) -> str:
    """Write a time to come, rounded outwards so that the words promise no more than the numbers: `4 to 6 min left`."""
    if left.high < 10:
        return "a few seconds left"
    if left.high < 1.5 * _MINUTE:
        return _from_to(left, _ROUGH_SECONDS, "s", 1)
    if left.high < 10 * _MINUTE:
        return _from_to(left, _MINUTE / 2, "min", _MINUTE)
    if left.high < 1.5 * _HOUR:
        return _from_to(left, _MINUTE, "min", _MINUTE)
    if left.high < 2 * _DAY:
        return _from_to(left, _HOUR / 2, "h", _HOUR)
    return _from_to(left, _DAY, "days", _DAY)


def _from_to(left: Range, step: float, unit: str, size: float) -> str:
    low = math.floor(left.low / step) * step / size
    high = math.ceil(left.high / step) * step / size
    return f"{low:g} to {high:g} {unit} left" if low else f"up to {high:g} {unit} left"


def amount(size: int) -> str:
    """Write bytes in decimal units, as disks are sold: `1.2 GB`."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 1 if unit and value < 99.95 else 0
    return f"{value:.{digits}f} {_BYTE_UNITS[unit]}"


def rate(per_second: float | None) -> str:
    return "" if per_second is None else f"{per_second:,.1f}/s"


def bytes_read(size: int) -> str:
    return f"{amount(size)} read" if size else ""


def failures(count: int) -> str:
    return f"{count:,} failed" if count else ""


def images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
