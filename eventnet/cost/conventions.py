"""Conventions of counting the operations of a run, and the cost of a dense pass in its place."""

from __future__ import annotations

from collections.abc import Sequence

from eventnet.cost.pricing import PriceList, Span, prices
from eventnet.errors import ModelError
from eventnet.tally import Tally

HOROWITZ_FLOAT32 = prices("horowitz-float32")
"""Prices of 32-bit floats in 45 nm (M. Horowitz, ISSCC 2014)."""

HOROWITZ_INT32 = prices("horowitz-int32")
"""Prices of 32-bit integers in 45 nm (M. Horowitz, ISSCC 2014)."""

HOROWITZ_INT8 = prices("horowitz-int8")
"""Prices of 8-bit integers in 45 nm (M. Horowitz, ISSCC 2014)."""


def price_list(dtype: str) -> PriceList:
    """Horowitz's prices for a network's number type (float64 is priced as float32: he lists no other)."""
    return HOROWITZ_INT32 if dtype == "int32" else HOROWITZ_FLOAT32


def dense_macs(sizes: Sequence[int]) -> int:
    """Multiply-adds of one dense forward pass through fully connected layers."""
    return sum(a * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))


def dense_energy(macs: float, prices: PriceList = HOROWITZ_FLOAT32) -> float:
    """Picojoules of so many multiply-adds, at typical prices: see `dense_operation`."""
    return macs * dense_operation(prices).typical


def dense_operation(prices: PriceList) -> Span:
    """Picojoules of a dense multiply-add: a multiplication and an addition, and a weight read if the list prices reads.

    Raises ModelError for a list without prices of additions and multiplications.
    """
    _need(prices, "multiplies", "a dense multiply-add")
    return _sum(prices, (_adds(prices, "a dense multiply-add"), "multiplies", "reads"))


def synaptic_operation(prices: PriceList) -> Span:
    """Picojoules of an event at a synapse: an addition, and a weight read if the list prices reads.

    Raises ModelError for a list without a price of additions.
    """
    return _sum(prices, (_adds(prices, "a synaptic operation"), "reads"))


def break_even(prices: PriceList, dense: PriceList | None = None, tally: Tally | None = None) -> Span:
    """The activity at which events cost what a dense pass costs: synaptic operations for each dense multiply-add.

    Below it, events are cheaper. 1 is an event at every synapse in each pass; above 1, events are cheaper even where
    each synapse sees several. `prices` are those of the machine for events, `dense` those of the machine for the dense
    pass. Without `dense` it is the same machine, whose two prices are then taken at the same end of their ranges; else
    low is for dear events and a cheap pass, high for the reverse. With the tally of a run, a synaptic operation costs
    the energy of the whole run over its synaptic additions: checks, routing and learning are then paid by activity.

    Raises ModelError where a price that is needed is absent, or the tally has no synaptic additions.
    """
    passes = dense_operation(dense or prices)
    event = synaptic_operation(prices)
    if tally is not None:
        additions = tally.by_kind()["synaptic"]
        if not additions:
            raise ModelError("the break-even activity of a run without synaptic additions was asked for")
        event = Span(*(price / additions for price in prices.estimate(tally).total))
    if not event.low:
        raise ModelError(f"events are free by price list {prices.name!r}: there is no break-even activity")
    if dense is None:
        low, high = sorted((passes.low / event.low, passes.high / event.high))
        typical = passes.typical / event.typical
        return Span(min(low, typical), typical, max(high, typical))
    return Span(passes.low / event.high, passes.typical / event.typical, passes.high / event.low)


def _adds(prices: PriceList, what: str) -> str:
    """The name by which a list prices a synaptic addition."""
    if "synaptic_adds" in prices.prices:
        return "synaptic_adds"
    _need(prices, "adds", what)
    return "adds"


def _need(prices: PriceList, kind: str, what: str) -> None:
    if kind not in prices.prices:
        raise ModelError(f"price list {prices.name!r} has no price of {kind}, which {what} needs")


def _sum(prices: PriceList, kinds: Sequence[str]) -> Span:
    return Span(*(sum(parts) for parts in zip(*(prices.span(kind) for kind in kinds), strict=True)))


MULTIPLY, ADD, SHIFT = "multiply", "add", "shift"
PRODUCTS = (MULTIPLY, ADD, SHIFT)
"""Ways to count the product of a word and the whole number m > 1 of a spike: one multiplication and one addition, as a
tally has it; m additions; or a shift and an addition for each bit that is set in m."""


def everything(tally: Tally, products: str = MULTIPLY) -> dict[str, int]:
    """Convention: every operation counts; products: one of PRODUCTS, for spikes with amounts."""
    return with_products({"adds": tally.adds, "multiplies": tally.multiplies}, tally, products) | {
        "compares": tally.compares
    }


def matrix_products(tally: Tally, products: str = MULTIPLY) -> dict[str, int]:
    """Convention of the thesis (B.2): only the adds that stand for matrix products, rows and columns of weights.

    Feeding the input vectors, work inside neurons and threshold checks are left out. products: as for `everything`.
    """
    adds = tally.by_kind()["synaptic"] + tally.by_kind()["learning"]
    return with_products({"adds": adds, "multiplies": tally.multiplies}, tally, products)


def with_products(counts: dict[str, int], tally: Tally, products: str) -> dict[str, int]:
    """Adds and multiplies of a tally, the products of spikes with amounts counted in another way; shifts where there
    are some to count. Raises ModelError for a way that is none of PRODUCTS.
    """
    if products not in PRODUCTS:
        raise ModelError(f"products are counted as one of {', '.join(PRODUCTS)}, not {products!r}")
    if products == MULTIPLY:
        return counts
    elements, units, bits = tally.products().values()
    each = units if products == ADD else bits
    adds, multiplies = counts["adds"] + each - elements, counts["multiplies"] - elements
    return {"adds": adds, "multiplies": multiplies} | ({"shifts": each} if products == SHIFT else {})


def neurobench(tally: Tally, sizes: Sequence[int], steps: int, samples: int) -> dict[str, float]:
    """NeuroBench's synaptic operations, per sample: Effective_ACs, Effective_MACs and Dense.

    A synaptic add of a port that multiplied nothing is an accumulate (AC), as for spikes of +1 and -1; as many as the
    port multiplied are multiply-accumulates (MACs). Dense is what every synapse at every step would cost; `sizes` are
    the layers' widths.
    """
    rows = tally.by_port().values()
    synaptic = sum(row["synaptic_adds"] for row in rows)
    macs = sum(min(row["synaptic_adds"], row["multiplies"]) for row in rows)
    return {
        "Effective_ACs": (synaptic - macs) / samples,
        "Effective_MACs": macs / samples,
        "Dense": float(dense_macs(sizes) * steps),
    }
