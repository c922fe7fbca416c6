"""Equations as MathML, which browsers draw by themselves: the site loads nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math import latex2mathml, wrap_math_code


def in_line(writer: Any, node: nodes.math) -> None:
    """An equation in a line of text."""
    writer.body.append(latex2mathml.tex2mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def on_its_own(writer: Any, node: nodes.math_block) -> None:
    """An equation on lines of its own."""
    made = latex2mathml.tex2mathml(wrap_math_code(node.astext(), as_block=True), as_block=True)
    writer.body.append(f'<div class="equation">{made}</div>\n')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (in_line, None), (on_its_own, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
