"""Proportional blame: a spike is shared among the deliveries that moved its unit since the unit's last spike.

The rule, for each delivery of a run, from the inputs on:

- An input is its own. A delivery is as much an input's as the spike that it is a delivery of.
- What a module's potential is, and what moves it, is what the module says (`Module.membrane`, `eventnet.potential`).
- A delivery (i, s) at a layer moves unit j by the amount s times w[i, j], with the weights of that moment: a row of
  the block that the module names for the port (or a column, or what a method of the module says). Where it names none,
  but its potential is the sum of what came, the amount is what the potential has changed by. A unit that is held, or
  a layer in a silent window, is not moved.
- A spike of unit j with sign s belongs to the deliveries since the unit's last spike, the one that set it off included,
  in proportion to what each moved the unit towards the crossing: max(0, s times its amount). What worked against it has
  no part. Spikes of a unit in one reaction have the same share. What a spike left of the potential belongs to nobody.
- Of a leaky potential an amount counts as what is left of it at the spike. Currents, responses and filters with
  time constants of their own count as they came.
- A reset (a port that the module names, a potential set to 0 by another port, a winner's spike) begins anew.
- Where nothing has moved the unit that way (a trace that decays takes back what it has sent, a threshold is drawn
  anew), the spike belongs to whom the unit's last spike did.
- A notice of a layer to itself, on which it looks at its units, belongs in equal parts to all deliveries to the layer
  since its last notice.
- Where there was none (no spike since a reset, no delivery since the last notice), where a module has no potential or
  does not say which, and for predictions: triggering. It belongs to whom the delivery belongs that set it off.

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
from eventnet.errors import NetworkError
from eventnet.event import Events
from eventnet.ledger.apportion import apportion
from eventnet.ledger.book import PROPORTIONAL, Ledger
from eventnet.ledger.gathered import Floats, Gathered, Ints, Shares
from eventnet.module import BoundPort, Module
from eventnet.network import Network
from eventnet.potential import Potential, potential_of
from eventnet.tally import N_COLUMNS

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
    """How a delivery at a port moves the units of its module, as the module says."""

    def __init__(self, port: BoundPort, sim: Simulation) -> None:
        self.port, self.module = port, port.module
        said = potential_of(self.module)
        rule, _ = rule_in_force(sim.net, port, sim.options["coalesce"])
        self.resets = said is not None and port.name in said.resets
        self._sums = sim.store.find(self.module, said.state) if said is not None and said.sums else None
        leaks = said is not None and said.leak is not None and rule is not None and said.leak in rule.params
        self.tau = float(self.module.params[str(said.leak)]) if said is not None and leaks else 0.0
        self._words: Callable[[int], Floats] | None = None
        if said is None:
            return
        blocks = {name: sim.store.blocks[block.name] for name, block in self.module.blocks.items()}
        table = said.adds(port.name, blocks)
        if table is not None:
            self._words = lambda index: table[index].astype(np.float64)
        elif port.name in said.words:
            name = said.words[port.name]
            self._words = lambda index: _told_by(self.module, name, index, blocks)

    def amounts(self, index: int, sign: int) -> Floats | None:
        """What a delivery moves the units by, from the weights as they are now; None where they do not say."""
        if self._words is None:
            return None
        words = self._words(index)
        return words if sign > 0 else -words

    def potential(self) -> Floats | None:
        """The potentials now, where the module has any."""
        return None if self._sums is None else self._sums.astype(np.float64)


def _told_by(module: Module, method: str, index: int, blocks: dict[str, Any]) -> Floats:
    """What a method of a module says that an input adds to its units [units]."""
    words = np.asarray(getattr(module, method)(index, blocks), dtype=np.float64)
    if words.shape != (module.units,):
        raise NetworkError(
            f"{method!r} of module {module.name!r} returned shape {list(words.shape)} for index {index}; "
            f"wanted [{module.units}]"
        )
    return words


class _Layer:
    """What a module's units have gathered."""

    def __init__(self, module: Module, said: Potential) -> None:
        self.units = module.units
        self.gathered = Gathered(module.units)
        self.silent = said.winner is not None and getattr(module, said.winner) is not None
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
        apart = abs(t - self.since) / tau  # before tick 0, where time begins, nothing is gathered yet
        if apart > FAR:
            self.gathered.scale(float(np.exp(-apart)))
            self.since = t
        return float(np.exp((t - self.since) / tau))


def _layers(net: Network) -> dict[str, _Layer]:
    """Modules whose units gather: those that say what their potential is, and send their units' spikes."""
    found = {}
    for module in net.modules:
        said = potential_of(module)
        if said is not None and any(getattr(module, name).width == module.units for name in module.outlets):
            found[module.name] = _Layer(module, said)
    return found
