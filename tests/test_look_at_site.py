"""The script that looks at the built site in a browser: it finds what is planted, and nothing on the site itself."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import browser
import pytest

sys.path.insert(0, str(Path(__file__).with_name("scripts")))
script: Any = importlib.import_module("look_at_site")

PAGE = """<!doctype html><html><head><meta name="viewport" content="width=device-width"><style>
body {{ margin: 0; background: white; color: black; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee; }} }}
</style></head><body><main><p>Plain text.</p>{}</main></body></html>"""
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@pytest.mark.parametrize(
    ("planted", "wanted"),
    [
        (f'<img src="{PIXEL}" alt="a dot"><p style="display: none; font-size: 5px">Unseen.</p>', []),
        ('<div style="overflow-x: auto"><p style="width: 900px">A wide table.</p></div>', []),
        ('<p style="color: #767676; background: white">Grey on white.</p>', []),
        ('<p style="width: 900px">A wide table.</p>', ["phone", "it is 900 pixels wide in a window of 390"]),
        ('<p style="width: 900px">A wide table.</p>', ["phone", "it sticks out: <p style"]),
        ('<p style="font-size: 8px">Small.</p>', ["desktop", "text of 8.0 pixels: <p style"]),
        ('<p>x<sup style="font-size: 8px">2</sup></p>', ["phone", "text of 8.0 pixels: <sup"]),
        ('<p style="color: #444">Dark grey.</p>', ["dark", "contrast 1.9"]),
        ('<p style="color: #888; background: white">Grey.</p>', ["light", "contrast 3.5"]),
        ('<p style="color: rgb(0 0 0 / 30%); background: white">Pale.</p>', ["light", "contrast 2."]),
        ('<img src="gone.png" alt="nothing">', ["desktop", "does not load: <img"]),
        ("<script>console.error('oh')</script>", ["the console: ", "oh"]),
    ],
)
def test_what_is_planted_is_found(planted: str, wanted: list[str], reader: browser.Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(planted))
    found = list(script.look(reader, page))
    if not wanted:
        assert found == []
    assert not wanted or any(all(words in line for words in wanted) for line in found), found


def test_what_holds_in_one_view_is_said_of_that_view_alone(reader: browser.Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE.format('<p style="color: #444">Dark grey.</p>'))
    assert [line.partition(":")[0] for line in script.look(reader, page)] == ["desktop dark", "phone dark"]


def test_pages_are_all_but_those_of_single_names(tmp_path: Path) -> None:
    names = ["index", "how-to/cost", "generated/api/eventnet", "generated/api/eventnet.io", "genindex", "search"]
    for name in (*names, "generated/api/eventnet.Network", "generated/api/eventnet.io.read_events"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.html").write_text("")
    found = [page.relative_to(tmp_path).as_posix() for page in script.pages(tmp_path)]
    assert found == ["generated/api/eventnet.html", "generated/api/eventnet.io.html", "how-to/cost.html", "index.html"]
    assert len(script.pages(tmp_path, all_names=True)) == 6


@pytest.mark.slow
def test_nothing_is_bad_on_the_site(reader: browser.Browser) -> None:
    found = script.pages(script.SITE) if script.SITE.is_dir() else []
    if not found:
        pytest.skip("the site is not built: docs/build does it")
    bad = {page.relative_to(script.SITE).as_posix(): list(script.look(reader, page)) for page in found}
    assert {name: lines for name, lines in bad.items() if lines} == {}
