"""A description as a page: one HTML file with its data, styles and script inside, which asks no network for a thing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eventnet.base.files import read_text

HERE = Path(__file__).parent
RUN = ("page.js", "flow.js", "flame.js")
"""Scripts that draw a run: those after the first hold functions only."""


def render(described: Mapping[str, Any], scripts: Sequence[str] = RUN, *, images: bool = False) -> bytes:
    """The page of a description (see `describe`), UTF-8.

    scripts: files of this folder that draw it, between what all pages have. Its Content-Security-Policy allows the
    script and the styles that it came with, by their hashes, images that lie in the page if it has any, and nothing
    else.
    """
    style = _read("page.css")
    texts = map(_read, ("parts.js", scripts[0], "ending.js", *scripts[1:]))
    script = f'"use strict";\n(() => {{\n{"".join(texts)}}})();\n'
    data = json.dumps(described, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        f"{'img-src data:; ' if images else ''}base-uri 'none'; form-action 'none'"
    )
    parts = {
        "POLICY": html.escape(policy, quote=True).replace("&#x27;", "'"), "TITLE": html.escape(str(described["title"])),
        "STYLE": style, "SCRIPT": script,
        # No text of a user's can end the element or begin a comment.
        "DATA": data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"),
    }  # fmt: skip
    pieces = _read("page.html").split("%%")
    return "".join(parts[piece] if k % 2 else piece for k, piece in enumerate(pieces)).encode()


def _read(name: str) -> str:
    return read_text(HERE / name)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
