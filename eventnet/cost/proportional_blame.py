"""Proportional blame: a spike is shared among the deliveries that moved its unit since the unit's last spike.

The rule, for each delivery of a run, from the inputs on:

- An input is its own. A delivery is as much an input's as the spike that it is a delivery of.
- A module declares what its potential is, and what moves it (`Module.membrane`, `eventnet.declarations`).
- A delivery (i, s) at a layer moves unit j by the amount s times w[i, j], with the weights of that moment: a row of
  the block that the module names for the port (or a column, or what a method of the module says). If it names none,
  but its potential is the sum of what came, the amount is what the potential has changed by. A unit that is held, or
  a layer in a silent window, is not moved.
- A spike of unit j with sign s belongs to the deliveries since the unit's last spike, the one that set it off included,
  in proportion to what each moved the unit towards the crossing: max(0, s times its amount). Those that moved it away
  have no part. Spikes of a unit in one reaction have the same share. Potential left after a spike belongs to nobody.
- A layer whose units other modules write (`written_units`) is moved by deliveries at those: `cost.written_units`.
- Of a leaky potential an amount counts as what is left of it at the spike. Currents, responses and filters with
  time constants of their own count as they came.
- A reset (a port that the module names, a potential set to 0 by another port, a winner's spike) begins anew.
- If nothing has moved the unit that way (a trace that decays takes back what it has sent, a threshold is drawn
  anew), the spike belongs to whom the unit's last spike did.
- A notice of a layer to itself, on which it looks at its units, belongs in equal parts to all deliveries to the layer
  since its last notice.
- If there was none (no spike since a reset, no delivery since the last notice), if a module has no potential or
  does not say which, and for predictions: triggering. It belongs to whom the delivery belongs that set it off.

Spikes that no wire takes are not seen, so a unit whose spikes go nowhere gathers for ever; it has no one to blame.

Shares are float64 and exact to rounding; each column of the account is then made whole numbers that sum to the tally.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.cost.ledger import PROPORTIONAL, CostLedger
from eventnet.cost.written_units import WrittenUnits, is_written, written_by
from eventnet.declarations import Membrane, potential_of
from eventnet.engine.journal import going_on
from eventnet.engine.state import rule_in_force
from eventnet.errors import NetworkError
from eventnet.event import Events, lines_of
from eventnet.module import BoundPort, Module
from eventnet.network import Network
from eventnet.simulation import Run, Simulation
from eventnet.tally import N_COLUMNS


def apportion(parts: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Largest remainders (Hamilton): each part rounded down, and those with the largest remainders get one more.

    parts: 0 and more, [n], whose sum is the total but for rounding. Of equal remainders the first come first. A result
    is less than 1 away from its part, but for what rounding took.

    >>> apportion(np.array([1.5, 0.25, 1.25]), 3).tolist()
    [2, 0, 1]
    """
    whole = np.floor(parts)
    made = whole.astype(np.int64)
    left = total - int(made.sum())
    order = np.argsort(whole - parts, kind="stable")
    if left < 0:  # rounding has lifted a part to a whole number: take it back where the remainder is least
        order, left, step = order[::-1][made[order[::-1]] > 0], -left, -1
    else:
        step = 1
    for begin in range(0, left, max(len(order), 1)):
        made[order[: left - begin]] += step
    return made


Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Shares = tuple[Ints, Floats]
"""Blame: numbers of inputs [k], ascending, and their parts [k], which sum to 1."""

MOST = 64
"""Amounts that a unit holds one by one; more are made one, which holds no more than there are inputs."""


class Blames:
    """Blames by number, each of them once, so that a few arrays hold what many units share."""

    def __init__(self) -> None:
        self.blames: list[Shares] = []
        self._numbers: dict[int, int] = {}

    def number(self, blame: Shares) -> int:
        """The number of a blame, a new one for one that has none."""
        if id(blame) not in self._numbers:
            self._numbers[id(blame)] = len(self.blames)
            self.blames.append(blame)  # held, so that no other gets its identity
        return self._numbers[id(blame)]

    def arrays(self) -> tuple[Ints, Ints, Floats]:
        """Three arrays of all blames: the number of inputs of each, the inputs of all, the parts of all, end to end."""
        lengths = np.array([len(who) for who, _ in self.blames], np.int64)
        whole = [np.zeros(0, np.int64), *(who for who, _ in self.blames)]
        return lengths, np.concatenate(whole), np.concatenate([np.zeros(0), *(parts for _, parts in self.blames)])

    @classmethod
    def of(cls, lengths: Ints, who: Ints, parts: Floats) -> Blames:
        """Make blames of the arrays that `arrays` has made."""
        made, ends = cls(), np.cumsum(lengths)[:-1]
        made.blames = list(zip(np.split(who, ends), np.split(parts, ends), strict=True)) if len(lengths) else []
        return made


class Gathered:
    """For each unit the amounts that moved it up, and those that moved it down, each with the blame of its delivery."""

    def __init__(self, units: int) -> None:
        self.up: list[list[tuple[float, Shares]]] = [[] for _ in range(units)]
        self.down: list[list[tuple[float, Shares]]] = [[] for _ in range(units)]

    def add(self, amounts: Floats, blame: Shares) -> None:
        """A delivery with this blame has moved the units by amounts [units]."""
        units = amounts.nonzero()[0]
        for unit, amount in zip(units.tolist(), amounts[units].tolist(), strict=True):
            held = self.up[unit] if amount > 0 else self.down[unit]
            held.append((abs(amount), blame))
            if len(held) > MOST:
                held[:] = [together(held)]

    def shares(self, unit: int, sign: int) -> Shares | None:
        """The shares of inputs in a spike of a unit; None where nothing has moved the unit that way."""
        held = (self.up if sign > 0 else self.down)[unit]
        return together(held)[1] if held else None

    def forget(self, units: Iterable[int]) -> None:
        """Begin anew for some units."""
        for unit in units:
            self.up[unit].clear()
            self.down[unit].clear()

    def scale(self, factors: float | Floats) -> None:
        """Multiply all amounts by a factor, or one a unit [units]; those that vanish are forgotten."""
        for side in (self.up, self.down):
            for held, factor in zip(side, np.broadcast_to(factors, len(side)).tolist(), strict=True):
                held[:] = [(amount * factor, blame) for amount, blame in held if amount * factor > 0]

    def state(self, blames: Blames) -> tuple[Ints, Floats, Ints]:
        """Three arrays: the number of amounts of each unit, up before down; amounts and blames of all, end to end."""
        held = [*self.up, *self.down]
        every = [entry for entries in held for entry in entries]
        numbers = np.array([blames.number(blame) for _, blame in every], np.int64)
        return np.array(list(map(len, held)), np.int64), np.array([amount for amount, _ in every]), numbers

    def take_up(self, state: tuple[Ints, Floats, Ints], blames: Blames) -> None:
        """Go on from a state."""
        lengths, amounts, numbers = state
        every = iter([(a, blames.blames[n]) for a, n in zip(amounts.tolist(), numbers.tolist(), strict=True)])
        held = [list(islice(every, length)) for length in lengths.tolist()]
        self.up, self.down = held[: len(held) // 2], held[len(held) // 2 :]


def together(held: list[tuple[float, Shares]]) -> tuple[float, Shares]:
    """Several amounts as one: their sum, and the blame for it."""
    if len(held) == 1:
        return held[0]
    inputs, place = np.unique(np.concatenate([who for _, (who, _) in held]), return_inverse=True)
    parts = np.bincount(place, np.concatenate([amount * parts for amount, (_, parts) in held]))
    total = float(parts.sum())
    return total, (inputs, parts / total)


FAR = 300.0
"""Time constants after which amounts are scaled anew."""


def share(
    run: Run, inputs: Events | Sequence[Any], until: int | None, options: dict[str, Any],
    progress: Callable[[int, int], None] | None = None,
) -> CostLedger:  # fmt: skip
    """The ledger of a run with roots and log by proportional blame: the inputs are run again, delivery by delivery."""
    base, log = CostLedger.of(run), run.log
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
        if progress is not None and (number + 1) % 256 == 0:
            progress(number + 1, len(log))
    totals = list(base.tally.totals().values())
    counts = np.stack([apportion(state["blamed"][:, k], totals[k]) for k in range(N_COLUMNS)], axis=1)
    return replace(base, blame=PROPORTIONAL, causes=replace(base.causes, counts=counts))


class _Sharing:
    """A simulation that is taken through the log of the same inputs: whose each delivery is, and what it cost."""

    def __init__(self, sim: Simulation, log: Events, until: int | None) -> None:
        net, self.sim, self.until = sim.net, sim, until
        self.ports, self.layers = [_Port(port, sim) for port in net.ports()], _layers(net)
        self.notices = [o.outlet.settles is not None for o in net.outlets()]
        self.senders = [o.module.name for o in net.outlets()]
        self.direct = [o.outlet.inner is not None or o.outlet.predicts is not None for o in net.outlets()]
        self.heard = {o.module.name: Gathered(1) for settles, o in zip(self.notices, net.outlets()) if settles}
        self.children = np.argsort(log["parent"], kind="stable")
        self.starts = np.searchsorted(log["parent"][self.children], np.arange(len(log) + 1))
        self.log = lines_of(log)
        self.waiting: dict[int, Shares] = {}
        self.begun = 0

    def step(self, number: int) -> tuple[Shares, Ints]:
        """Run the delivery of this number, each in its turn; returns the inputs' shares in it, and its cost [10]."""
        _, parent, _, t, source, port, index, s = self.log[number]
        if parent < 0:
            blame: Shares = (np.array([self.begun]), np.ones(1))
            self.begun += 1
        else:
            blame = self.waiting.pop(number)
        own, direct, row = self.ports[port], self.direct, self.sim.store.tally[port]
        blame = self._heard(own.module.name, source, blame)
        layer, written = self.layers.get(own.layer), own.written
        before = row.copy()
        amounts = own.amounts(index, s) if layer is not None else None
        potential = own.potential() if written is None else written.level(t)
        self.sim.run(self.until, max_deliveries=1)
        cost = (row - before)[:N_COLUMNS]
        sent = {kid: self.log[kid] for kid in self.children[self.starts[number] : self.starts[number + 1]].tolist()}
        whose: dict[tuple[int, int], Shares] = {}
        if layer is not None:
            ours = [line for line in sent.values() if not direct[line[4]] and self.senders[line[4]] == own.layer]
            fired = {(i, sign) for *_, i, sign in ours if i < layer.units}
            if written is not None and potential is not None:
                amounts = written.moved(index, s, potential, written.level(t), [i for i, _ in fired])
                potential = None
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
    """Amounts by which deliveries at a port move the units of its module, as the module declares them."""

    def __init__(self, port: BoundPort, sim: Simulation) -> None:
        self.port, self.module = port, port.module
        whose = written_by(port)
        self.written = None if whose is None else WrittenUnits(port, whose, sim)
        self.layer = port.module.name if whose is None else whose.name
        said = potential_of(self.module)
        rule, _ = rule_in_force(sim.net, port, sim.options["coalesce"])
        self.resets = said is not None and port.name in said.resets
        self._sums = sim.store.find(self.module, said.state) if said is not None and said.sums else None
        leaks = said is not None and said.leak is not None and rule is not None and said.leak in rule.names
        self.tau = np.asarray(said.time_constant(self.module), np.float64) if said is not None and leaks else None
        self.tau = self.tau if self.written is None else self.written.tau
        self._words: Callable[[int], Floats] | None = None
        if said is None:
            return
        blocks = {name: sim.store.blocks[block.name] for name, block in self.module.blocks.items()}
        table = said.adds(port.name, blocks)
        if table is not None:
            self._words = lambda index: table[index].astype(np.float64)
        elif port.name in said.words:
            name = said.words[port.name]
            self._words = lambda index: _weights_by(self.module, name, index, blocks)

    def amounts(self, index: int, s: int) -> Floats | None:
        """Amounts by which a delivery moves the units [units], with the weights of now; None where they do not say."""
        if self._words is None:
            return None
        words = self._words(index)
        return words * s

    def potential(self) -> Floats | None:
        """The potentials now, where the module has any."""
        return None if self._sums is None else self._sums.astype(np.float64)


def _weights_by(module: Module, method: str, index: int, blocks: dict[str, Any]) -> Floats:
    """Weights [units] that an input adds to a module's units, by its method. Raises NetworkError for another shape."""
    words = np.asarray(getattr(module, method)(index, blocks), dtype=np.float64)
    if words.shape != (module.units,):
        raise NetworkError(
            f"{method!r} of module {module.name!r} returned shape {list(words.shape)} for index {index}; "
            f"wanted [{module.units}]"
        )
    return words


class _Layer:
    """Amounts that moved a module's units since their last spikes, and the blame of those spikes."""

    def __init__(self, module: Module, said: Membrane | None) -> None:
        self.units = module.units
        self.gathered = Gathered(module.units)
        winner = None if said is None else said.winner
        self.silent = winner is not None and getattr(module, winner) is not None
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

    def _grown(self, tau: Floats | None, t: int) -> Any:
        """Against the sums, which stand as they came, what comes now counts for more by what they have lost since."""
        if tau is None:
            return 1.0
        apart = abs(t - self.since) / tau  # before tick 0, where time begins, nothing is gathered yet
        if np.max(apart) > FAR:
            self.gathered.scale(np.exp(-apart))
            self.since = t
        return np.exp((t - self.since) / tau)


def _layers(net: Network) -> dict[str, _Layer]:
    """Modules whose units gather: those that say what their potential is, and send their units' spikes."""
    found = {}
    for module in net.modules:
        said = potential_of(module)
        if said is not None and any(getattr(module, name).width == module.units for name in module.outlets):
            found[module.name] = _Layer(module, said)
        elif is_written(module):
            found[module.name] = _Layer(module, None)
    return found
