"""Tables of reference pages that follow from the code: run this file to write them anew."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from plain_docstrings import columns
from plain_docstrings import fields as named_lines

import eventnet as en
from eventnet import cost, errors
from eventnet.cli.ending import CODES
from eventnet.scenarios import sensors
from eventnet.scenarios.shared.parameter_file import _text
from eventnet.scenarios.shared.scenario import SCENARIOS, Asked, find

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
BEGIN, END = "<!-- tables: made by docs/extensions/reference_tables.py -->", "<!-- end of tables -->"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    lines = [[cell.replace("|", "\\|") for cell in line] for line in (heads, *rows)]
    rows_of = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([rows_of[0], f"|{'---|' * len(lines[0])}", *rows_of[1:]])


# --- errors ---
def exit_code(kind: type[BaseException]) -> int:
    """What a command ends with on such an error."""
    return next(code for kinds, code in CODES.items() if issubclass(kind, kinds))


def error_tables() -> Iterator[str]:
    """The package's errors: what each says, as what else it can be caught, and the exit code of a command."""
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, en.EventnetError)]
    rows = []
    for kind in kinds:
        bases = [f"`{base.__name__}`" for base in kind.__mro__[1:] if base not in (Exception, BaseException, object)]
        said = str(inspect.getdoc(kind)).partition("\n")[0]
        rows.append([f"`{kind.__name__}`", said, ", ".join(bases), str(int(exit_code(kind)))])
    yield table(["error", "what it says", "is also a", "exit code"], rows)


# --- prices ---
def priced(prices: cost.PriceList, where: str) -> Iterator[list[str]]:
    """Rows of a price list."""
    for kind in prices.prices:
        low, typical, high = prices.span(kind)
        detail = prices.detail(kind)
        notes, sure = [detail.note, f"source: {detail.source}" if detail.source else ""], "yes" if detail.sure else "no"
        spread = f"{low:,.10g} to {high:,.10g}" if low < high else ""
        yield [
            kind.replace("_", " "),
            where,
            f"{typical:,.10g}",
            spread,
            sure,
            "; ".join(note for note in notes if note),
        ]
    for kind in prices.includes:
        yield [kind.replace("_", " "), where, "", "", "", "in another price"]


def price_tables() -> Iterator[str]:
    """A section a price list."""
    for name in cost.price_lists():
        prices = cost.prices(name)
        rows = list(priced(prices, ""))
        for place, more in prices.memory.items():
            rows += priced(more, place)
        yield f"## {name}"
        said = [prices.about, f"Source: {prices.source}", f"Checked: {prices.checked}" if prices.checked else ""]
        yield textwrap.fill(" ".join(f"{text.rstrip('.')}." for text in said if text), 120)
        heads = ["kind", "memory", "picojoules", "range", "sure", "notes"]
        if not prices.memory:
            heads, rows = [heads[0], *heads[2:]], [[row[0], *row[2:]] for row in rows]
        yield table(heads, rows)


# --- parameters ---
def both(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Rows of a table in a docstring, in either form."""
    return columns(lines) or named_lines(lines) or []


def said_of(values: Any) -> dict[str, str]:
    """What each field of a dataclass is: as the field says, or its class, or the class of a sensor that it names."""
    seen = re.search(r"see `(\w+)`", type(values).__doc__ or "")
    sensor = getattr(sensors, seen[1], None) if seen else None
    docs = [inspect.cleandoc(kind.__doc__ or "") for cls in (type(values), sensor) if cls for kind in cls.__mro__[:-1]]
    blocks = "\n\n".join(docs).split("\n\n")
    rows = [row for lines in blocks for row in both(lines.split("\n"))]
    named = {name: " ".join(text) for terms, text in rows for name in terms.split(", ")}
    return {part.name: part.metadata.get("help") or named.get(part.name, "") for part in fields(values)}


def parameter_tables() -> Iterator[str]:
    """A section a scenario, a table each of its dataclasses."""
    for name in SCENARIOS.own_names():
        scenario = find(name)
        plain: Any = scenario.defaults(Asked())
        yield f"## {name}"
        yield f"{scenario.summary[0].upper()}{scenario.summary[1:].rstrip('.')}."
        for part in fields(plain):
            values = getattr(plain, part.name)
            said = (type(values).__doc__ or "").strip().partition("\n")[0]
            about = said_of(values)
            rows = [[f"`{key}`", f"`{_text(getattr(values, key))}`", text] for key, text in about.items()]
            yield f"`[{part.name}]`: {said}"
            yield table(["key", "default", "what it is"], rows)


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "errors": error_tables, "prices": price_tables, "parameters": parameter_tables,
}  # fmt: skip


def written(page: str) -> str:
    """A page with its tables as they should be."""
    text = (REFERENCE / f"{page}.md").read_text("utf-8")
    made = "\n\n".join((BEGIN, *PAGES[page](), END))
    return re.sub(f"(?s){re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: made, text)


if __name__ == "__main__":
    for page in PAGES:
        (REFERENCE / f"{page}.md").write_text(written(page), "utf-8")
