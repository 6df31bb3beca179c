"""Writes `static/js/types.d.ts`: what the API and the progress socket tell scripts, as TypeScript reads it.

    python scripts/script_types.py

The shapes come from the schema of the API and from the frames of the socket, so that a field has one definition, in
Python. `tests/frontend/test_script_types.py` fails while the file differs from what this would write.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "static/js/types.d.ts"
SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
FROM_API = ("RunState", "RunPage")
"""What scripts ask the API's shapes for; what these name comes along."""

HEAD = """\
// Written by scripts/script_types.py from the schema of the API and the frames of the progress socket: edit those.
"""


def written() -> str:
    """The whole file. Wants Django set up."""
    from pydantic import TypeAdapter

    from clipsite.api.docs import schema
    from workers.progress.events import RunFrame, SiteFrame, SnapshotFrame

    shapes: dict[str, Any] = dict(schema()["components"]["schemas"])
    wanted = list(FROM_API)
    for frame in (SnapshotFrame, RunFrame, SiteFrame):
        made = TypeAdapter(frame).json_schema(ref_template="#/components/schemas/{model}")
        shapes |= made.pop("$defs", {})
        shapes[frame.__name__] = made
        wanted.append(frame.__name__)
    return HEAD + "".join(f"\n{_interface(name, shapes[name])}" for name in sorted(_with_their_parts(wanted, shapes)))


def _with_their_parts(names: list[str], shapes: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r"'#/components/schemas/(\w+)'", repr(shapes[name]))
    return found


def _interface(name: str, shape: dict[str, Any]) -> str:
    required = set(shape.get("required", ()))
    members = [
        f"  {member}{'' if member in required else '?'}: {_type(kind)};\n"
        for member, kind in shape["properties"].items()
    ]
    return f"{_comment(shape.get('description', ''))}interface {name} {{\n{''.join(members)}}}\n"


def _comment(text: str) -> str:
    if not text:
        return ""
    lines = indent(text, " * ", lambda _line: True)
    return f"/**\n{re.sub(r'[ ]+$', '', lines, flags=re.MULTILINE)}\n */\n"


def _type(kind: dict[str, Any]) -> str:
    """A JSON schema as a type. Raises ValueError for what no shape of ours has."""
    if "$ref" in kind:
        return str(kind["$ref"].rpartition("/")[2])
    if "anyOf" in kind:
        return " | ".join(_type(one) for one in kind["anyOf"])
    if "const" in kind:
        return f'"{kind["const"]}"'
    if "enum" in kind:
        return " | ".join(f'"{one}"' for one in kind["enum"])
    if kind.get("type") == "array":
        element = _type(kind["items"])
        return f"({element})[]" if "|" in element else f"{element}[]"
    if kind.get("type") == "object" and "additionalProperties" in kind:
        return f"Record<string, {_type(kind['additionalProperties'])}>"
    if kind.get("type") in SCALARS:
        return SCALARS[kind["type"]]
    raise ValueError(f"No type of TypeScript is known for {kind}.")


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clipsite.config.settings")
    import django

    django.setup()
    FILE.write_text(written(), encoding="utf-8")
    print(f"Wrote {FILE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
