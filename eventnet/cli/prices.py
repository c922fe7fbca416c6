"""`eventnet prices`: what operations cost on which machine, from where, and when events pay there."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from eventnet import cost
from eventnet.cli import options as opt
from eventnet.cli.commands import FILES, command
from eventnet.cli.results import Screen
from eventnet.cost import PriceList, Span


@command("prices", "what operations cost on which machine, and when events pay", group=FILES)
def prices(
    lists: Annotated[
        list[str] | None, typer.Argument(help="Price lists to show in full: names, or TOML files of your own.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option("--memory", help="Where weights are: 8KB, 32KB, 1MB or DRAM with Horowitz's lists.")
    ] = None,
    dense: Annotated[
        str, typer.Option("--dense", help="The price list of the dense pass that events are set against.")
    ] = "horowitz-int8",
    as_json: opt.JsonOption = False,
) -> None:
    """Show price lists: picojoules an operation with their ranges, and the activity at which events cost a dense pass.

    Energy from these prices is an estimate, never a measurement.
    """
    screen = Screen(as_json)
    names = lists or list(cost.price_lists())
    found = {name: opt.open_prices(name) for name in names}
    against = opt.open_prices(dense)
    if memory is not None:
        if not any(memory in one.memory for one in (against, *found.values())):
            against.with_memory(memory)  # which says what there is
        found = {name: _within(one, memory) for name, one in found.items()}
        against = _within(against, memory)
    screen.give(
        {
            "what": "prices to estimate energy by, picojoules an operation",
            "dense pass by": against.name,
            "lists": {name: about(one, against) for name, one in found.items()},
        }
    )
    screen.out.print(_overview(found))
    screen.out.print(_when_events_pay(found, against))
    screen.say(
        "sure: no, where the figure could not be read in a source, or stands for another kind of operation; NAME tells "
        "which, and where it was looked for."
    )
    screen.say("Events are cheaper below that. Energy by these prices is an estimate, never a measurement.")
    if against.memory and "reads" not in against.prices:
        screen.say("That pass has its weights for nothing: --memory gives reading them a price.")
    for one in found.values() if lists else ():
        _show(screen, one)


def _within(one: PriceList, memory: str) -> PriceList:
    """With the prices of this memory where the list has them: others hold their memory, or none."""
    return one.with_memory(memory) if memory in one.memory else one


def about(one: PriceList, dense: PriceList) -> dict[str, Any]:
    """Everything that a price list says, ready for JSON, and its break-even activity against a dense pass."""
    even = cost.break_even(one, dense) if _adds(one) else None
    return {
        "name": one.name,
        "about": one.about,
        "source": one.source,
        "checked": one.checked,
        "sure": one.sure,
        "prices": {kind: _price(one, kind) for kind in one.prices},
        "in other prices": list(one.includes),
        "memory": {level: {kind: _price(inner, kind) for kind in inner.prices} for level, inner in one.memory.items()},
        "break-even activity": even._asdict() if even else None,
    }


def _adds(one: PriceList) -> bool:
    return bool({"adds", "synaptic_adds"} & set(one.prices))


def _price(one: PriceList, kind: str) -> dict[str, Any]:
    span, detail = one.span(kind), one.detail(kind)
    return {
        **{f"{name}_pj": value for name, value in span._asdict().items()},
        "sure": detail.sure,
        "source": detail.source or one.source,
        "note": detail.note,
    }


def _range(span: Span) -> tuple[str, str, str]:
    low, typical, high = (f"{value:,.3g}" if value < 1000 else f"{value:,.0f}" for value in span)
    return low, typical, high


def _overview(found: dict[str, PriceList]) -> Table:
    table = _table("Prices, pJ an operation", "list", "kind of operation", "low", "typical", "high", "sure")
    for name, one in found.items():
        for kind in one.prices:
            sure = "yes" if one.detail(kind).sure else "no"
            table.add_row(name, kind, *_range(one.span(kind)), sure)
            name = ""
        if not one.prices:
            table.add_row(name, "(memory alone)")
        table.add_section()
    return table


def _when_events_pay(found: dict[str, PriceList], dense: PriceList) -> Table:
    title = f"Break-even: synaptic operations for each multiply-add of a dense pass ({dense.name})"
    table = _table(title, "list", "pJ a synaptic operation", "low", "typical", "high")
    for name, one in found.items():
        if _adds(one):
            each = cost.synaptic_operation(one).typical
            table.add_row(name, f"{each:,.6g}", *(f"{value:.3g}" for value in cost.break_even(one, dense)))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns:
        if column.header in ("low", "typical", "high"):
            column.justify = "right"
    return table


def _show(screen: Screen, one: PriceList) -> None:
    screen.say(f"\n{one.name}: {one.about}" if one.about else f"\n{one.name}")
    screen.say(f"  source: {one.source}")
    if one.checked:
        screen.say(f"  checked: {one.checked}")
    if one.includes:
        screen.say(f"  in other prices: {', '.join(one.includes)}")
    for kind, detail in one.details.items():
        said = ("" if detail.sure else "not sure", detail.note, detail.source)
        if any(said):
            screen.say(f"  {kind}: {'; '.join(text for text in said if text)}")
    for level, inner in one.memory.items():
        for kind in inner.prices:
            low, typical, high = _range(inner.span(kind))
            sure = "" if inner.detail(kind).sure else f"; not sure: {inner.detail(kind).note}"
            screen.say(f"  {kind}, weights in {level}: {typical} pJ ({low} to {high}){sure}")
