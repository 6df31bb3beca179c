"""The tag `scripts`: the modules of a page, and links by which a browser fetches their imports at the same time."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath

from django import template
from django.contrib.staticfiles import finders
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r"""^\s*(?:import|export)\s(?:[^"';]*\sfrom\s+)?["'](\.[^"']+)["']""", re.MULTILINE)
_NAMED = "named scripts"


@register.simple_tag(takes_context=True)
def scripts(context: Context, *names: str, priority: str = "") -> SafeString:
    """A script element for each module of `names`, and a `modulepreload` link for each that they import.

    A browser learns of an import when it has read the module that names it; without the links a chain of four modules
    takes four round trips. What the page has named already is left out. Paths are those of `{% static %}`.
    """
    # Belongs to one rendering: blocks of a template and those of the template it extends share it.
    if _NAMED not in context.render_context:
        context.render_context[_NAMED] = set()
    page_names = context.render_context[_NAMED]
    page_names.update(names)
    imported = dict.fromkeys(name for one in names for name in imported_modules(one))
    ahead = [name for name in imported if name not in page_names]
    page_names.update(ahead)
    hint = format_html(' fetchpriority="{}"', priority) if priority else SafeString()
    return format_html(
        "{}{}",
        format_html_join("\n", '<script type="module" src="{}"{}></script>', ((static(name), hint) for name in names)),
        format_html_join("", '\n<link rel="modulepreload" href="{}"{}>', ((static(name), hint) for name in ahead)),
    )


@cache
def imported_modules(name: str) -> tuple[str, ...]:
    """The modules that a script imports, directly or not, without itself and without what it imports on demand.

    Read once a process. Raises FileNotFoundError where there is no such script.
    """
    modules: dict[str, None] = {}
    waiting = [name]
    while waiting:
        at = waiting.pop(0)
        for target in _imports_of(at):
            if target != name and target not in modules:
                modules[target] = None
                waiting.append(target)
    return tuple(modules)


def _imports_of(name: str) -> list[str]:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"There is no static file {name}.")
    source = _COMMENT.sub("", Path(path).read_text(encoding="utf-8"))
    return [normpath(join(dirname(name), target)) for target in _IMPORT.findall(source)]
