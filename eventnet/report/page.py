"""A description as a page: one HTML file with its data, styles and script inside, which asks no network for a thing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventnet.base.files import read_text

HERE = Path(__file__).parent
SCRIPTS = ("page.js", "flow.js", "flame.js")
"""Parts of the script; those after the first hold functions only."""


def render(described: Mapping[str, Any]) -> bytes:
    """The page of a description (see `describe`), UTF-8.

    Its Content-Security-Policy allows the script and the styles that it came with, by their hashes, and nothing else.
    """
    style = _read("page.css")
    script = '"use strict";\n(() => {\n' + "".join(map(_read, SCRIPTS)) + "})();\n"
    data = json.dumps(described, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
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
