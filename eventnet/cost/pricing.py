"""Price lists: picojoules for each kind of operation, from TOML files with sources and ranges; estimates of energy.

A file names the list and its source, and has a table for each kind of operation that it prices:

    name = "my chip"
    source = "its data sheet"
    checked = "where the figures were read, and what could not be"

    [synaptic_adds]
    typical_pj = 0.05
    low_pj = 0.04        # where they are left out, low and high are the typical price
    high_pj = 0.09
    sure = false         # the figure, or that it belongs to this kind of operation, is not certain
    note = "why"

Units are in the names of keys, so that a wrong unit is an unknown key.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from eventnet.base.files import read_toml
from eventnet.base.listing import Listing
from eventnet.errors import DataError, ModelError, did_you_mean
from eventnet.tally import ADD_KINDS, COLUMNS, Tally

ADDS = tuple(f"{kind}_adds" for kind in ADD_KINDS)
KINDS, COMPARES = (*COLUMNS, "adds"), "compares"
"""Kinds of operation that may have a price: columns of a tally, and "adds" for all four kinds of addition at once."""

SHIPPED = Path(__file__).parent / "price_lists"
COMPARISONS_TOO = "Comparisons too: with each at the price of an addition, where the list has none for it."
"""The note below a table that has a column of energies with comparisons."""
UNITS = (("J", 1e12), ("mJ", 1e9), ("uJ", 1e6), ("nJ", 1e3), ("pJ", 1.0))


class Span(NamedTuple):
    """A figure and its range."""

    low: float
    typical: float
    high: float


@dataclass(frozen=True)
class Detail:
    """A price's range and source, beside its typical figure. Without a source of its own it has the list's."""

    low: float
    high: float
    sure: bool = True
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class PriceList:
    """Picojoules for one operation of each kind. Kinds that are not listed are free.

    prices    typical figures by kind of operation (see KINDS): adds all together, or by their four kinds
    details   ranges, sources and notes of those that have them
    includes  kinds that have no price of their own because another price contains them
    memory    price lists of reads and writes, by where the weights are: see `with_memory`
    checked   where the figures were read again, and which could not be (those are not sure)

    Raises ModelError for an unknown kind, a price that is negative or no number, a range that its price is not in, and
    for adds that are priced twice.
    """

    name: str
    source: str
    prices: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Detail] = field(default_factory=dict)
    about: str = ""
    includes: tuple[str, ...] = ()
    memory: Mapping[str, PriceList] = field(default_factory=dict)
    checked: str = ""

    def __post_init__(self) -> None:
        where = f"price list {self.name!r}"
        for kind in (*self.prices, *self.includes):
            if kind not in KINDS:
                raise ModelError(f"{where} prices {kind!r}, which no tally counts{did_you_mean(kind, KINDS)}")
        for kind in self.prices:
            low, typical, high = self.span(kind)
            for price in (typical, low, high):
                if not 0 <= price < math.inf:
                    raise ModelError(f"{where} has {kind} at {price:g} pJ; wanted 0 or more")
            if not low <= typical <= high:
                raise ModelError(f"{where} has {kind} at {low:g} to {high:g} pJ, which {typical:g} pJ is not in")
            if kind in self.includes:
                raise ModelError(f"{where} prices {kind}, and says that another price includes it")
        twice = [kind for kind in ADDS if kind in self.prices and "adds" in self.prices]
        if twice:
            raise ModelError(f"{where} prices {twice[0]} twice: it has a price of its own and is among adds")

    def detail(self, kind: str) -> Detail:
        """The range and the source of a price; where none is given, low and high are the price itself, as if sure."""
        typical = self.prices.get(kind, 0.0)
        return self.details.get(kind, Detail(typical, typical))

    def span(self, kind: str) -> Span:
        """The price of one operation and its range, in picojoules; zeros where this kind is free."""
        detail = self.detail(kind)
        return Span(detail.low, self.prices.get(kind, 0.0), detail.high)

    @property
    def sure(self) -> bool:
        """Whether every price of it is, those of memory that were not chosen left out."""
        return all(self.detail(kind).sure for kind in self.prices)

    def energy(self, tally: Tally) -> float:
        """An estimate of a run's energy in picojoules, at typical prices."""
        return sum(price * count for price, count in self._priced(tally).values())

    def estimate(self, tally: Tally) -> Estimate:
        """An estimate of a run's energy with its range, and what it leaves out."""
        priced = self._priced(tally)
        by_kind = {kind: Span(*(price * n for price in self.span(kind))) for kind, (_, n) in priced.items()}
        total = Span(*(sum(parts) for parts in zip(*by_kind.values(), strict=True))) if by_kind else Span(0, 0, 0)
        details = {kind: self.details[kind] for kind, (_, n) in priced.items() if n and kind in self.details}
        unsure = tuple(kind for kind, detail in details.items() if not detail.sure)
        unpriced, with_comparisons = self._unpriced(tally), None
        if COMPARES in unpriced and (compared := self.with_comparisons()) is not self:
            with_comparisons = compared.estimate(tally).total
        return Estimate(self.name, total, by_kind, unpriced, unsure, with_comparisons)

    def with_comparisons(self) -> PriceList:
        """This list with comparisons at the price of an addition, where it has none for them and one for `adds`.

        A comparison is a subtraction whose sign is looked at, and is priced so elsewhere (PubMed Central PMC8934428,
        table 3). Lists whose prices are those of whole events (`synaptic_adds` alone) stay as they are.
        """
        if COMPARES in self.prices or COMPARES in self.includes or "adds" not in self.prices:
            return self
        low, typical, high = self.span("adds")
        detail = Detail(low, high, sure=False, note="as an addition: the source has no price of a comparison")
        return replace(
            self, name=f"{self.name}, comparisons as additions", prices={**self.prices, COMPARES: typical},
            details={**self.details, COMPARES: detail},
        )  # fmt: skip

    def with_memory(self, level: str) -> PriceList:
        """This list, with reads and writes of weights at the prices of a level of memory.

        Raises ModelError for a level that it has no prices for.
        """
        if level not in self.memory:
            known = did_you_mean(level, self.memory) if self.memory else "; it has none"
            raise ModelError(f"price list {self.name!r} has no memory {level!r}{known}")
        extra = self.memory[level]
        prices, details = {**self.prices, **extra.prices}, {**self.details, **extra.details}
        return replace(self, name=f"{self.name}, weights in {level}", prices=prices, details=details)

    def _priced(self, tally: Tally) -> dict[str, tuple[float, int]]:
        counts = {**tally.totals(), "adds": tally.adds}
        return {kind: (price, counts[kind]) for kind, price in self.prices.items()}

    def _unpriced(self, tally: Tally) -> dict[str, int]:
        covered = {*self.prices, *self.includes}
        if "adds" in covered:
            covered.update(ADDS)
        return {kind: count for kind, count in tally.totals().items() if count and kind not in covered}


@dataclass(frozen=True)
class Estimate:
    """Energy of a run in picojoules, by prices: an estimate, and never a measurement.

    total      low and high have every price at its low and its high end at once
    by_kind    the same for each kind of operation with a price
    unpriced   counts of what was done and has no price, alone or within another
    unsure     kinds that were done and whose price is not certain
    with_comparisons  the total with comparisons at the price of an addition, where they were done and have none
    """

    prices: str
    total: Span
    by_kind: Mapping[str, Span]
    unpriced: Mapping[str, int]
    unsure: tuple[str, ...]
    with_comparisons: Span | None = None

    @property
    def comparisons_too(self) -> Span:
        """`with_comparisons`, or the total itself, where no comparison is without a price."""
        return self.total if self.with_comparisons is None else self.with_comparisons

    def __str__(self) -> str:
        low, typical, high = (in_units(value) for value in self.total)
        text = f"estimate by the prices of {self.prices}: {typical} ({low} to {high})"
        if self.unpriced:
            text += "; without a price: " + ", ".join(f"{count:,} {kind}" for kind, count in self.unpriced.items())
        if self.with_comparisons is not None:
            text += f"; {in_units(self.with_comparisons.typical)} with comparisons at the price of an addition"
        return text + (f"; not sure: {', '.join(self.unsure)}" if self.unsure else "")

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON; picojoules."""
        return {
            "estimate by the prices of": self.prices,
            "pJ": self.total._asdict(),
            "pJ by kind": {kind: span._asdict() for kind, span in self.by_kind.items()},
            "pJ, comparisons as additions": None if self.with_comparisons is None else self.with_comparisons._asdict(),
            "without a price": dict(self.unpriced),
            "not sure": list(self.unsure),
        }


def in_units(picojoules: float) -> str:
    """Three digits in the largest unit of which there is one."""
    unit, size = next((pair for pair in UNITS if picojoules >= pair[1]), UNITS[-1])
    return f"{picojoules / size:.3g} {unit}"


# --- files ---
def _own() -> dict[str, str]:
    """The file of each price list that ships with eventnet."""
    return {path.stem: str(path) for path in SHIPPED.glob("*.toml")}


LISTING = Listing("price list", "eventnet.price_lists", _own)
"""A price list is a file in eventnet/cost/price_lists/, or another package's entry point: a PriceList, or a path."""


def price_lists() -> tuple[str, ...]:
    """Names of the price lists that there are, for `prices`: those that ship with eventnet, and other packages'."""
    return tuple(LISTING.names())


def prices(name: str, memory: str | None = None) -> PriceList:
    """The price list of this name; with the level of memory where the weights are, if one is given.

    Raises ModelError for a list or a level that there is not, DataError for another package's that cannot be loaded.
    """
    if name in LISTING.own():
        found = read_prices(LISTING.own()[name])
    elif name in LISTING.others():
        found = _found(name, LISTING.find(name))
    else:
        raise ModelError(f"there is no price list {name!r}{did_you_mean(name, price_lists())}")
    return found if memory is None else found.with_memory(memory)


def _found(name: str, given: Any) -> PriceList:
    if isinstance(given, str | PathLike):
        return read_prices(Path(given))
    if not isinstance(given, PriceList):
        raise DataError(f"the price list {name!r} is {given!r}; wanted a PriceList, or the path of a TOML file")
    return given


def read_prices(path: str | Path) -> PriceList:
    """A price list of one's own, from a TOML file as described above.

    Raises DataError for a file that cannot be read, unknown keys (with the nearest that there is), values of the wrong
    kind and prices that a PriceList refuses.
    """
    given = read_toml(path)
    try:
        return _price_list(given, str(path))
    except ModelError as error:
        raise DataError(f"{path}: {error}") from error


HEAD = {"name": str, "about": str, "source": str, "checked": str, "includes": list, "memory": dict}
PRICE = {"typical_pj": float, "low_pj": float, "high_pj": float, "sure": bool, "source": str, "note": str}
WORDS = {str: "a text", float: "a number", bool: "true or false", list: "a list", dict: "a table"}


def _price_list(given: dict[str, Any], where: str) -> PriceList:
    _check(given, {**HEAD, **dict.fromkeys(KINDS, dict)}, ("name", "source"), where)
    prices, details = _prices(given, where)
    levels = {}
    for level, table in given.get("memory", {}).items():
        inside = f"[memory.{level}] of {where}"
        _check({level: table}, {level: dict}, (), where)
        _check(table, {"reads": dict, "writes": dict}, (), inside)
        levels[level] = PriceList(level, given["source"], *_prices(table, inside))
    if not prices and not levels:
        raise DataError(f"{where} has no prices; wanted a table for one or more of {', '.join(KINDS)}")
    includes = tuple(given.get("includes", ()))
    if not all(isinstance(kind, str) for kind in includes):
        raise DataError(f"includes in {where} is {list(includes)}; wanted a list of names")
    about, checked = given.get("about", ""), given.get("checked", "")
    return PriceList(given["name"], given["source"], prices, details, about, includes, levels, checked)


def _prices(given: dict[str, Any], where: str) -> tuple[dict[str, float], dict[str, Detail]]:
    """Typical prices and details of the tables that are named for a kind of operation."""
    prices, details = {}, {}
    for kind in (kind for kind in given if kind in KINDS):
        table = given[kind]
        _check(table, PRICE, ("typical_pj",), f"[{kind}] of {where}")
        typical = prices[kind] = float(table["typical_pj"])
        low, high = float(table.get("low_pj", typical)), float(table.get("high_pj", typical))
        details[kind] = Detail(low, high, table.get("sure", True), table.get("source", ""), table.get("note", ""))
    return prices, details


def _check(given: dict[str, Any], known: Mapping[str, type], needed: Iterable[str], where: str) -> None:
    """Every key is known and its value of the right kind; none that is needed is absent."""
    for name, value in given.items():
        if name not in known:
            raise DataError(f"{where} has an unknown key {name!r}{did_you_mean(name, known)}")
        wanted = known[name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number if wanted is float else isinstance(value, wanted)):
            unit = " (its unit is in the key's name)" if wanted is float and isinstance(value, str) else ""
            raise DataError(f"{name} in {where} is {value!r}; wanted {WORDS[wanted]}{unit}")
    for name in needed:
        if name not in given:
            raise DataError(f"{where} has no {name}; wanted {WORDS[known[name]]}")
