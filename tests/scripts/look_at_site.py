"""Look at pages of the built site in a headless Chromium, on a desktop and on a phone, light and dark.

    docs/build
    python tests/scripts/look_at_site.py [SITE] [--page PAGE ...] [--all] [--pictures FOLDER]

SITE is build/docs without one. Said of a page: that it scrolls sideways; texts of less than 9 pixels, as the page sets
them (what stands in pictures is measured where they are drawn); pictures that do not load; texts whose contrast to what
is behind them is below 4.5, or 3 where they are large (WCAG 2.1, 1.4.3); errors of the console; and what is asked for
from elsewhere. Looked at are all pages but those of single names of the API; `--all` takes these, too, and `--page`
only some, by their paths in the site. With `--pictures` each view is kept as a PNG. Ends with 1 where something is bad.
Standard library only; the browser is that of the tests (`tests/browser.py`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import browser

SITE = Path(__file__).resolve().parents[2] / "build" / "docs"
ROOMS = "generated/api/"
LEFT_OUT = ("_static/", "_modules/", "genindex", "py-modindex", "search")
SMALLEST = 9.0
"""Pixels of the smallest text that a page may set."""


class View(NamedTuple):
    """How a reader sees a page: pixels of the window, and whether colours are dark."""

    name: str
    width: int
    height: int
    dark: bool


VIEWS = (
    View("desktop light", 1400, 1000, False),
    View("desktop dark", 1400, 1000, True),
    View("phone light", 390, 844, False),
    View("phone dark", 390, 844, True),
)

LOOK = """(async (smallest) => {
  for (const image of document.images) image.loading = 'eager';
  await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
  const pen = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const seen = new Map();
  const colour = (text) => {
    if (!seen.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      seen.set(text, [r, g, b, a / 255]);
    }
    return seen.get(text);
  };
  const over = (top, below) => [0, 1, 2].map((k) => top[k] * top[3] + below[k] * (1 - top[3]));
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) layers.push(colour(getComputedStyle(at).backgroundColor));
    const canvas = colour(getComputedStyle(document.documentElement).colorScheme.includes('dark') ? '#121212' : '#ffffff');
    return layers.reverse().reduce((below, top) => over(top, below), canvas);
  };
  const light = (c) => {
    const [r, g, b] = c.map((x) => (x /= 255) <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const hidden = (e) => {
    const box = e.getBoundingClientRect();
    return !e.checkVisibility({opacityProperty: true, visibilityProperty: true}) || box.width < 2 || box.height < 2;
  };
  const found = [];
  const say = (what, e) => found.push(`${what}: ${e.outerHTML.replace(/\\s+/g, ' ').slice(0, 110)}`);
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) {
    found.push(`it is ${page.scrollWidth} pixels wide in a window of ${page.clientWidth}`);
    const out = [...document.querySelectorAll('main *')].find((e) => {
      if (e.getBoundingClientRect().right <= page.clientWidth + 1 || hidden(e)) return false;
      for (let at = e.parentElement; at; at = at.parentElement)
        if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(at).overflowX)) return false;
      return true;
    });
    if (out) say('it sticks out', out);
  }
  for (const image of document.images) if (!image.complete || !image.naturalWidth) say('does not load', image);
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'TITLE'].includes(e.tagName.toUpperCase()) || hidden(e)) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    if (size < smallest - 0.01) say(`text of ${size.toFixed(1)} pixels`, e);
    const back = behind(e), ratio = contrast(over(colour(style.color), back), back);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)}`, e);
  }
  return found;
})"""


def pages(site: Path, all_names: bool = False) -> list[Path]:
    """Pages of a site that are looked at."""
    names = {page.relative_to(site).as_posix(): page for page in sorted(site.rglob("*.html"))}
    rooms = {f"{name.removesuffix('.html').rpartition('.')[0]}.html" for name in names if name.startswith(ROOMS)}
    return [
        page
        for name, page in names.items()
        if not name.startswith(LEFT_OUT) and (all_names or name in rooms or not name.startswith(ROOMS))
    ]


def look(
    reader: browser.Browser, page: Path, views: Sequence[View] = VIEWS, pictures: Path | None = None
) -> Iterator[str]:
    """What is bad about a page, by view."""
    address = page.resolve().as_uri()
    reader.size(views[0].width, views[0].height)
    reader.visit(address, f"location.href === {address!r} && document.readyState === 'complete'")
    for view in views:
        reader.size(view.width, view.height)
        reader.prefer(dark=view.dark)
        for words in reader.js(f"{LOOK}({SMALLEST})"):
            yield f"{view.name}: {words}"
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            reader.screenshot(pictures / f"{page.stem}-{view.name.replace(' ', '-')}.png")
    yield from (f"the console: {words}" for words in reader.complaints())
    yield from (f"asks for {to}" for to in reader.requests() if not to.startswith(("file:", "data:")))


def main() -> None:
    parser = argparse.ArgumentParser(description="Look at pages of the built site in a headless Chromium.")
    parser.add_argument("site", nargs="?", type=Path, default=SITE)
    parser.add_argument("--page", nargs="+", help="only these, by their paths in the site")
    parser.add_argument("--all", action="store_true", help="also the page of each name of the API")
    parser.add_argument("--pictures", type=Path, help="a folder for a PNG of each view")
    given = parser.parse_args()
    if browser.find() is None:
        raise SystemExit(f"no browser: looked for {', '.join(browser.NAMES)} (Debian: apt-get install chromium)")
    chosen = [given.site / name for name in given.page] if given.page else pages(given.site, given.all)
    if not chosen or not all(page.is_file() for page in chosen):
        raise SystemExit(f"{given.site} has no such page; wanted a site that docs/build has built")
    bad = 0
    with browser.browser() as reader:
        for page in chosen:
            for words in look(reader, page, pictures=given.pictures):
                print(f"{page.relative_to(given.site)}: {words}")
                bad += 1
    print(f"{len(chosen)} pages in {len(VIEWS)} views: {bad or 'nothing'} bad")
    raise SystemExit(bool(bad))


if __name__ == "__main__":
    main()
