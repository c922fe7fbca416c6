"""Check links without a network: `python docs/extensions/check_links.py build/docs`.

In a built site every link, picture, script and style must be a file of it, every anchor an id of that file, and nothing
may be loaded from elsewhere. In the pages, as GitHub shows them, every link must lead to a file of the repository, and
every anchor to a heading.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!`)(!?)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"(?ms)^(`{3,}).*?^\1$|`[^`\n]+`")
HEADING = re.compile(r"(?m)^#+ +(.*?) *$")


# --- pages ---
def slug(heading: str) -> str:
    """The anchor that GitHub and MyST give a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page; a heading that comes again has a number."""
    seen: dict[str, int] = {}
    made = set()
    for heading in HEADING.findall(re.sub(r"(?ms)^(`{3,}).*?^\1$", "", page.read_text("utf-8"))):
        one = slug(heading)
        made.add(f"{one}-{seen[one]}" if seen.get(one) else one)
        seen[one] = seen.get(one, 0) + 1
    return frozenset(made)


def pages() -> list[Path]:
    """Every page of the repository."""
    made = ROOT / "docs" / "generated"
    found = [page for page in sorted((ROOT / "docs").rglob("*.md")) if made not in page.parents]
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *found]


def broken_in(page: Path) -> Iterator[str]:
    """Links of a page that lead nowhere."""
    text = CODE.sub(lambda found: re.sub(r"[\[\]()]", " ", found[0]), page.read_text("utf-8"))
    for _, target in LINK.findall(text):
        if urlsplit(target).scheme:
            continue
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if not to.exists():
            yield f"{page.relative_to(ROOT)}: {target} is not there"
        elif anchor and to.suffix == ".md" and anchor not in anchors(to):
            yield f"{page.relative_to(ROOT)}: {target} has no such heading"


# --- the site ---
class Html(HTMLParser):
    """What a file of the site leads to, loads and has ids for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one tag says."""
        given = {name: value for name, value in attrs if value}
        self.ids |= {given[name] for name in ("id", "name") if name in given and tag != "meta"}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") not in ("canonical", "prev", "next", "search", "index"):
            self.loads += [given["href"]] if "href" in given else []
        if tag in ("img", "script", "source", "iframe") and "src" in given:
            self.loads.append(given["src"])


@cache
def read(page: Path) -> Html:
    """A file of the site."""
    return Html(page.read_text("utf-8"))


def broken_on(page: Path, site: Path) -> Iterator[str]:
    """What a file of the site links or loads in vain."""
    name = page.relative_to(site)
    for target in {*read(page).links, *read(page).loads}:
        parts = urlsplit(target)
        if parts.scheme in ("http", "https", "mailto", "data", "javascript") or parts.netloc:
            if target in read(page).loads and parts.scheme != "data":
                yield f"{name} loads {target} from elsewhere"
            continue
        to = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not to.is_file():
            yield f"{name} links to {target}, which is not there"
        elif parts.fragment and to.suffix == ".html" and unquote(parts.fragment) not in read(to).ids:
            yield f"{name} links to {target}, but there is no such anchor"


def main(site: Path) -> int:
    """Check a site and the pages; the number of broken links is at most the exit code."""
    files = sorted(site.rglob("*.html"))
    found = [line for page in files for line in broken_on(page, site)] + [
        line for p in pages() for line in broken_in(p)
    ]
    print(*sorted(set(found)), sep="\n", end="\n" if found else "")
    links = sum(len(read(page).links) + len(read(page).loads) for page in files)
    print(
        f"{len(found)} broken links of {links:,} on {len(files)} pages of the site, and on {len(pages())} as they stand"
    )
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
