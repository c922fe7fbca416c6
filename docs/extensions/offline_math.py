"""Equations as MathML, which browsers draw by themselves: the site loads nothing from elsewhere."""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.util import logging


def mathml(node: nodes.Element, as_block: bool) -> str:
    """The MathML of an equation; what cannot be drawn is a warning of the build, and stays as it was written."""
    code = node.astext()
    if as_block and r"\\" in code and r"\begin" not in code:
        code = rf"\begin{{align*}}{code}\end{{align*}}"
    try:
        made: str = latex2mathml.tex2mathml(code, as_block=as_block)
    except MathError as error:
        logging.getLogger(__name__).warning("equation: %s", error, location=node)
        return f"<code>{html.escape(code)}</code>"
    return made


def in_line(writer: Any, node: nodes.math) -> None:
    """An equation in a line of text."""
    writer.body.append(mathml(node, as_block=False))
    raise nodes.SkipNode


def on_its_own(writer: Any, node: nodes.math_block) -> None:
    """An equation on lines of its own."""
    writer.body.append(f'<div class="equation">{mathml(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (in_line, None), (on_its_own, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
