"""What a run costs: price lists for the kinds of operation, and conventions of what to count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventnet.errors import ModelError
from eventnet.tally import Tally


@dataclass(frozen=True)
class PriceList:
    """Picojoules for one operation of each kind. Kinds that are not listed are free."""

    name: str
    source: str
    prices: Mapping[str, float] = field(default_factory=dict)

    def energy(self, tally: Tally) -> float:
        """Energy of a run in picojoules: adds, multiplies, compares, reads, writes, deliveries and spikes at price."""
        counts = {**tally.totals(), "adds": tally.adds}
        unknown = set(self.prices) - set(counts)
        if unknown:
            raise ModelError(f"price list {self.name!r} prices {sorted(unknown)}; there are {sorted(counts)}")
        return sum(price * counts[kind] for kind, price in self.prices.items())


_HOROWITZ = "M. Horowitz, Computing's energy problem, ISSCC 2014, 45 nm, 0.9 V"
HOROWITZ_FLOAT32 = PriceList("Horowitz 45 nm, float32", _HOROWITZ, {"adds": 0.9, "multiplies": 3.7})
HOROWITZ_INT32 = PriceList("Horowitz 45 nm, int32", _HOROWITZ, {"adds": 0.1, "multiplies": 3.1})
HOROWITZ_INT8 = PriceList("Horowitz 45 nm, int8", _HOROWITZ, {"adds": 0.03, "multiplies": 0.2})


def price_list(dtype: str) -> PriceList:
    """Horowitz's prices for a network's number type (float64 is priced as float32: he lists no other)."""
    return HOROWITZ_INT32 if dtype == "int32" else HOROWITZ_FLOAT32


def dense_macs(sizes: Sequence[int]) -> int:
    """Multiply-adds of one dense forward pass through fully connected layers."""
    return sum(a * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))


def dense_energy(macs: float, prices: PriceList = HOROWITZ_FLOAT32) -> float:
    """Picojoules of so many multiply-adds: one multiplication and one addition each."""
    return macs * (prices.prices["adds"] + prices.prices["multiplies"])


def everything(tally: Tally) -> dict[str, int]:
    """Convention: every operation counts."""
    return {"adds": tally.adds, "multiplies": tally.multiplies, "compares": tally.compares}


def matrix_products(tally: Tally) -> dict[str, int]:
    """Convention of the thesis (B.2): only the adds that stand for matrix products, rows and columns of weights.

    Feeding the input vectors, work inside neurons and threshold checks are left out.
    """
    return {"adds": tally.by_kind()["synaptic"] + tally.by_kind()["learning"], "multiplies": tally.multiplies}


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
