"""Every link of the documentation leads somewhere: to a file of the repository, and to a heading of it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def without_blocks(page: Path) -> str:
    """The text of a page but for its blocks of code, in which `#` begins no heading."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def links(page: Path) -> list[str]:
    """What the page links to within the repository."""
    found: list[str] = _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8")))
    return [link for link in found if not urlsplit(link).scheme]


def anchors(page: Path) -> set[str]:
    """Names of the page's headings, as GitHub makes them."""
    headings: list[str] = _HEADING.findall(without_blocks(page))
    words = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in words}


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether a link of a page names a file of the repository and, behind a hash, a heading of it."""
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    is_there = target.is_relative_to(ROOT) and target.exists()
    return is_there and (not anchor or (target.suffix == ".md" and anchor in anchors(target)))


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    assert ROOT / "README.md" in PAGES
    lost = [
        f"{page.relative_to(ROOT).as_posix()}: {link}"
        for page in PAGES
        for link in links(page)
        if not leads_somewhere(page, link)
    ]
    assert lost == []


def test_the_index_of_the_documentation_names_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    named = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert {page.relative_to(ROOT).as_posix() for page in ROOT.glob("docs/**/*.md") if page not in named} == {
        "docs/README.md"
    }


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `heading`, *here*\n\n[a](#a-heading-here) `[no](link.md)`\n\n```\n# none\n[no](b.md)\n```\n[b](c.md)\n"
    )
    assert links(page) == ["#a-heading-here", "c.md"]
    assert anchors(page) == {"a-heading-here"}
