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

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eventnet.engine.run import Run, Simulation
from eventnet.engine.store import rule_in_force
from eventnet.event import Events
from eventnet.journal import going_on
from eventnet.ledger.apportion import apportion
from eventnet.ledger.book import PROPORTIONAL, Ledger
from eventnet.ledger.gathered import Blames, Floats, Gathered, Ints, Shares
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
    sharing: _Sharing | None = None
    state: dict[str, Any] = {"blamed": np.zeros((len(base), N_COLUMNS)), "sharing": None}

    def kept() -> dict[str, Any]:
        assert sharing is not None
        return {"blamed": state["blamed"], "sharing": sharing.state()}

    for number in going_on(state, len(log), "proportional blame", run.simulation.net, log, until, fill=kept):
        if sharing is None:
            sharing = _Sharing(Simulation(run.simulation.net, **options), log, until)
            sharing.begin(inputs, state["sharing"])
        (who, parts), cost = sharing.step(number)
        state["blamed"][who] += parts[:, None] * cost
        if told is not None and (number + 1) % 256 == 0:
            told(number + 1, len(log))
    totals = list(base.tally.totals().values())
    counts = np.stack([apportion(state["blamed"][:, k], totals[k]) for k in range(N_COLUMNS)], axis=1)
    return replace(base, blame=PROPORTIONAL, causes=replace(base.causes, counts=counts))


class _Sharing:
    """A simulation that is taken through the log of the same inputs: whose each delivery is, and what it cost."""

    def __init__(self, sim: Simulation, log: Events, until: int | None) -> None:
        net, self.sim, self.until = sim.net, sim, until
        self.ports, self.layers = [_Port(port, sim) for port in net.ports()], _layers(net)
        self.notices = [o.outlet.settles is not None for o in net.outlets()]
        self.direct = [
            settles or o.outlet.predicts is not None for settles, o in zip(self.notices, net.outlets(), strict=True)
        ]
        self.heard = {o.module.name: Gathered(1) for settles, o in zip(self.notices, net.outlets()) if settles}
        self.children = np.argsort(log["parent"], kind="stable")
        self.starts = np.searchsorted(log["parent"][self.children], np.arange(len(log) + 1))
        self.log = log.tolist()
        self.waiting: dict[int, Shares] = {}
        self.begun = 0

    def step(self, number: int) -> tuple[Shares, Ints]:
        """Whose the delivery of this number is, and what it cost [10]; they are taken in order."""
        _, parent, _, t, source, port, index, sign = self.log[number]
        if parent < 0:
            blame: Shares = (np.array([self.begun]), np.ones(1))
            self.begun += 1
        else:
            blame = self.waiting.pop(number)
        own, direct, row = self.ports[port], self.direct, self.sim.store.tally[port]
        blame = self._heard(own.module.name, source, blame)
        layer = self.layers.get(own.module.name)
        before = row.copy()
        amounts = own.amounts(index, sign) if layer is not None else None
        potential = own.potential()
        self.sim.run(self.until, max_deliveries=1)
        cost = row - before
        sent = {kid: self.log[kid] for kid in self.children[self.starts[number] : self.starts[number + 1]].tolist()}
        whose: dict[tuple[int, int], Shares] = {}
        if layer is not None:
            fired = {(i, s) for *_, o, _, i, s in sent.values() if not direct[o] and i < layer.units}
            whose = layer.took(own, t, blame, amounts, potential, fired)
        for kid, (*_, o, _, i, s) in sent.items():
            self.waiting[kid] = blame if direct[o] else whose.get((i, s), blame)
        return blame, cost

    def _heard(self, name: str, source: int, blame: Shares) -> Shares:
        """The blame of a delivery to a module; a notice has that of all that came since the last one."""
        since = self.heard.get(name)
        if since is None:
            return blame
        if source >= 0 and self.notices[source]:
            blame = since.shares(0, 1) or blame
            since.forget((0,))
        elif source < 0 or not self.direct[source]:
            since.add(np.ones(1), blame)
        return blame

    def state(self) -> dict[str, Any]:
        """All that `begin` needs to go on from here."""
        blames = Blames()
        made: dict[str, Any] = {"simulation": self.sim.checkpoint(log=False), "begun": self.begun}
        made["waiting"] = {number: blames.number(blame) for number, blame in self.waiting.items()}
        made["heard"] = {name: since.state(blames) for name, since in self.heard.items()}
        made["layers"] = {name: layer.state(blames) for name, layer in self.layers.items()}
        return made | {"blames": blames.arrays()}

    def begin(self, inputs: Events | Sequence[Any], state: dict[str, Any] | None) -> None:
        """Begin with these inputs, or go on from a state."""
        if state is None:
            self.sim.inject(inputs)
            return
        blames = Blames.of(*state["blames"])
        self.sim.resume(state["simulation"])
        self.ports = [_Port(own.port, self.sim) for own in self.ports]
        self.begun = state["begun"]
        self.waiting = {number: blames.blames[blame] for number, blame in state["waiting"].items()}
        for name, since in self.heard.items():
            since.take_up(state["heard"][name], blames)
        for name, layer in self.layers.items():
            layer.take_up(state["layers"][name], blames)


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

    def state(self, blames: Blames) -> dict[str, Any]:
        """All that `take_up` needs to go on from here."""
        last = {unit: blames.number(shares) for unit, shares in self.last.items()}
        return {"gathered": self.gathered.state(blames), "since": self.since, "last": last}

    def take_up(self, state: dict[str, Any], blames: Blames) -> None:
        """Go on from a state."""
        self.gathered.take_up(state["gathered"], blames)
        self.since = state["since"]
        self.last = {unit: blames.blames[shares] for unit, shares in state["last"].items()}

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
