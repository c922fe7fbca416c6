"""Proportional blame: a spike is shared among the deliveries that moved its unit since the unit's last spike.

The rule, for each delivery of a run, from the inputs on:

- An input is its own. A delivery is as much an input's as the spike that it is a delivery of.
- A delivery (i, s) at a layer moves unit j by the amount s times w[i, j], with the weights of that moment: w is the
  block `w` of the port's rule, a row for each index (or a column, or the kernel's words in that place). Where a port
  has none, but its layer has a potential (`phi`, `acc`), the amount is what the potential has changed by. A unit that
  is held, or a layer in a silent window, is not moved.
- A spike of unit j with sign s belongs to the deliveries since the unit's last spike, the one that set it off included,
  in proportion to what each moved the unit towards the crossing: max(0, s times its amount). What worked against it has
  no part. Spikes of a unit in one reaction have the same share. What a spike left of the potential belongs to nobody.
- Of a leaky potential (`tau`) an amount counts as what is left of it at the spike. Currents, responses and filters with
  time constants of their own count as they came.
- A reset (a port of that name, a potential set to 0 by another port, a silent window of a winner) begins anew.
- Where nothing has moved the unit that way (a trace that decays takes back what it has sent, a threshold is drawn
  anew), the spike belongs to whom the unit's last spike did.
- A notice of a layer to itself, on which it looks at its units, belongs in equal parts to all deliveries to the layer
  since its last notice.
- Where there was none (no spike since a reset, no delivery since the last notice), where a module has no such weights
  and no potential, and for predictions: triggering. It belongs to whom the delivery belongs that set it off.

Spikes that no wire takes are not seen, so a unit whose spikes go nowhere gathers for ever; it has no one to blame.

Shares are float64 and exact to rounding; each column of the account is then made whole numbers that sum to the tally.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eventnet.engine.run import Run, Simulation
from eventnet.engine.store import rule_in_force
from eventnet.event import Events
from eventnet.ledger.apportion import apportion
from eventnet.ledger.book import PROPORTIONAL, Ledger
from eventnet.ledger.gathered import Floats, Gathered, Ints, Shares
from eventnet.module import BoundPort
from eventnet.network import Network
from eventnet.neurons.filters import FilterBank
from eventnet.patch import C_OUT, KERNEL_WIDTH, W_OUT, patch_of
from eventnet.tally import N_COLUMNS

POTENTIALS = ("phi", "acc", "v", "slow")
"""What the potential of a unit is called; what the last two say is not the sum of rows, but what comes is a row."""
SUMS = ("phi", "acc")
FAR = 300.0
"""Time constants after which amounts are scaled anew."""


def share(
    run: Run, inputs: Events | Sequence[Any], until: int | None, options: dict[str, Any],
    told: Callable[[int, int], None] | None = None,
) -> Ledger:  # fmt: skip
    """The ledger of a run with roots and log by proportional blame: the inputs are run again, delivery by delivery."""
    base, log = Ledger.of(run), run.log
    again = Simulation(run.simulation.net, **options)
    again.inject(inputs)
    blamed = np.zeros((len(base), N_COLUMNS))
    for done, ((who, parts), cost) in enumerate(_shared(again, log, until), start=1):
        blamed[who] += parts[:, None] * cost
        if told is not None and done % 256 == 0:
            told(done, len(log))
    totals = list(base.tally.totals().values())
    counts = np.stack([apportion(blamed[:, k], totals[k]) for k in range(N_COLUMNS)], axis=1)
    return replace(base, blame=PROPORTIONAL, causes=replace(base.causes, counts=counts))


def _shared(sim: Simulation, log: Events, until: int | None) -> Iterator[tuple[Shares, Ints]]:
    """Whose each delivery of the log is, and what it cost [10]: a simulation of the same inputs is taken through it."""
    net, rows = sim.net, sim.store.tally
    ports, layers = [_Port(port, sim) for port in net.ports()], _layers(net)
    notices = [o.outlet.settles is not None for o in net.outlets()]
    direct = [settles or o.outlet.predicts is not None for settles, o in zip(notices, net.outlets(), strict=True)]
    heard = {o.module.name: Gathered(1) for settles, o in zip(notices, net.outlets()) if settles}
    children = np.argsort(log["parent"], kind="stable")
    starts = np.searchsorted(log["parent"][children], np.arange(len(log) + 1))
    kinds = list(zip(log["source"].tolist(), log["index"].tolist(), log["sign"].tolist(), strict=True))
    waiting: dict[int, Shares] = {}
    begun = 0
    one = np.ones(1)
    for number, (_, parent, _, t, source, port, index, sign) in enumerate(log.tolist()):
        if parent < 0:
            blame: Shares = (np.array([begun]), one)
            begun += 1
        else:
            blame = waiting.pop(number)
        own = ports[port]
        since = heard.get(own.module.name)
        if since is not None and source >= 0 and notices[source]:
            blame = since.shares(0, 1) or blame
            since.forget((0,))
        elif since is not None and (source < 0 or not direct[source]):
            since.add(one, blame)
        layer = layers.get(own.module.name)
        before = rows[port].copy()
        amounts = own.amounts(index, sign) if layer is not None else None
        potential = own.potential()
        sim.run(until, max_deliveries=1)
        yield blame, rows[port] - before
        sent = {kid: kinds[kid] for kid in children[starts[number] : starts[number + 1]].tolist()}
        fired = {(i, s) for o, i, s in sent.values() if layer is not None and not direct[o]}
        whose: dict[tuple[int, int], Shares] = {}
        if layer is not None:
            whose = layer.took(own, t, blame, amounts, potential, {pair for pair in fired if pair[0] < layer.units})
        for kid, (o, i, s) in sent.items():
            waiting[kid] = blame if direct[o] else whose.get((i, s), blame)


class _Port:
    """How a delivery at a port moves the units of its module."""

    def __init__(self, port: BoundPort, sim: Simulation) -> None:
        self.port, self.module = port, port.module
        rule, _ = rule_in_force(sim.net, port, sim.options["coalesce"])
        self.resets = port.name == "reset"
        names = () if rule is None else rule.state
        state = next((name for name in SUMS if len(self.module.state.get(name, ())) == self.module.units), None)
        self._sums = None if state is None else sim.store.find(self.module, state)
        self.tau = float(self.module.params["tau"]) if rule is not None and "tau" in rule.params else 0.0
        self._words: Callable[[int], Floats] | None = None
        block = self.module.blocks.get("w")
        if rule is None or "w" not in rule.blocks or block is None:
            return
        w = sim.store.blocks[block.name]
        shape = (port.accepts, self.module.units)
        if isinstance(self.module, FilterBank):
            self._words = lambda index: _filter_words(self.module, w, index)
        elif any(name in names for name in POTENTIALS) and "frame" not in rule.integers:
            if getattr(self.module, "by_column", False) and w.shape == shape[::-1]:
                self._words = lambda index: w[:, index].astype(np.float64)
            elif w.shape == shape:
                self._words = lambda index: w[index].astype(np.float64)

    def amounts(self, index: int, sign: int) -> Floats | None:
        """What a delivery moves the units by, from the weights as they are now; None where they do not say."""
        if self._words is None:
            return None
        words = self._words(index)
        return words if sign > 0 else -words

    def potential(self) -> Floats | None:
        """The potentials now, where the module has any."""
        return None if self._sums is None else self._sums.astype(np.float64)


def _filter_words(module: Any, w: Any, index: int) -> Floats:
    """The kernel's words for a pixel in every patch that covers it, summed over time constants, [units]."""
    g = module.integers
    _, n_y, y, slot_y, n_x, x, slot_x = patch_of(index, g["frame"], g["rows"], g["columns"])
    filters, words = module.filters, g["frame"][C_OUT]
    found = np.zeros(module.units)
    for a in range(n_y):
        for b in range(n_x):
            place = (y + a) * g["frame"][W_OUT] + x + b
            begin = ((slot_y + a) * g["frame"][KERNEL_WIDTH] + slot_x + b) * words
            part = w[0, begin : begin + words].astype(np.float64).reshape(-1, filters)
            found[place * filters : (place + 1) * filters] = part.sum(axis=0)
    return found


class _Layer:
    """What a module's units have gathered."""

    def __init__(self, module: Any) -> None:
        self.units: int = module.units
        self.gathered = Gathered(module.units)
        self.silent = getattr(module, "winner", None) is not None
        self.since = 0
        self.last: dict[int, Shares] = {}

    def took(
        self, port: _Port, t: int, blame: Shares, amounts: Floats | None, before: Floats | None,
        fired: set[tuple[int, int]],
    ) -> dict[tuple[int, int], Shares]:  # fmt: skip
        """Take up a delivery; returns whose the spikes (unit, sign) are that it set off."""
        spiked, after, anew = list({unit for unit, _ in fired}), port.potential(), []
        if port.resets:
            amounts, anew = None, list(range(self.units))
        elif before is not None and after is not None:
            moved = after - before
            if amounts is None:
                amounts = moved
                amounts[spiked] = 0
                anew = np.flatnonzero((amounts != 0) & (after == 0)).tolist()
                amounts[anew] = 0
            else:
                moved[spiked] = 1
                amounts[moved == 0] = 0
        self.gathered.forget(anew)
        if amounts is not None:
            self.gathered.add(amounts * self._grown(port.tau, t), blame)
        for unit in anew:
            self.last.pop(unit, None)
        found = {(u, sign): self.gathered.shares(u, sign) or self.last.get(u, blame) for u, sign in fired}
        self.last |= {unit: shares for (unit, _), shares in found.items()}
        self.gathered.forget(range(self.units) if self.silent and fired else spiked)
        return found

    def _grown(self, tau: float, t: int) -> float:
        """Against the sums, which stand as they came, what comes now counts for more by what they have lost since."""
        if not tau:
            return 1.0
        if (t - self.since) / tau > FAR:
            self.gathered.scale(float(np.exp(-(t - self.since) / tau)))
            self.since = t
        return float(np.exp((t - self.since) / tau))


def _layers(net: Network) -> dict[str, _Layer]:
    """Modules whose units may gather: those that send their units' spikes, and have weights or a potential."""
    found = {}
    for module in net.modules:
        sends = any(getattr(module, name).width == module.units for name in module.outlets)
        if sends and ("w" in module.blocks or any(name in module.state for name in SUMS)):
            found[module.name] = _Layer(module)
    return found
