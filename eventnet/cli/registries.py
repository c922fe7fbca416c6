"""Lists of `eventnet info KIND`: everything of a kind that there is, by name, and where it stands."""

from __future__ import annotations

from collections.abc import Callable

from eventnet.cli.commands import every
from eventnet.cost.pricing import LISTING as PRICES
from eventnet.io.formats import LISTING as FORMATS
from eventnet.learning import LEARNING
from eventnet.neurons import NEURONS
from eventnet.order import LISTING as ORDERS
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS
from eventnet.scenarios.sensors.registry import SENSORS
from eventnet.scenarios.shared.scenario import SCENARIOS
from eventnet.sweep.kinds import KINDS as SWEPT


def _commands() -> dict[str, str]:
    return {each.name: f"{each.run.__module__}:{each.run.__qualname__}" for each in every()}


KINDS: dict[str, Callable[[], dict[str, str]]] = {
    "neurons": NEURONS.places, "learning": LEARNING.places, "orders": ORDERS.places, "prices": PRICES.places,
    "sensors": SENSORS.places, "scenarios": SCENARIOS.places, "formats": FORMATS.places, "commands": _commands,
    "reproductions": REPRODUCTIONS.places, "sweeps": SWEPT.places,
}  # fmt: skip
"""For each kind, where those that there are stand, by name."""
