"""Numbers of modules by which compiled rules go: indices that lead out of no array, loops that come to an end.

Integers that no rule of the module writes are what they were in this simulation; of the others the module says itself
what they may be, and which state counts the spikes of an instant.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.soundness.facts import Arrays, Instant
from eventnet.engine.state import Store
from eventnet.engine.writes import written_by_others, written_integers
from eventnet.kernels.ranges import BY_NO_RULE, same, wrong


def of_modules(store: Store, arrays: Arrays, time: int, latest: Instant) -> None:
    """Raise ValueError unless runs of these modules up to a time could have left these arrays of a store behind.

    latest: the instant that was the last to begin.
    """
    for module in store.net.modules:
        found = {name: arrays[f"state:{module.name}:{name}"] for name in module.integers}
        moving = written_integers(module) | written_by_others(store.net.modules, module)
        for name in set(found) - moving:
            same(f"{name!r} of module {module.name!r}", found[name], store.arrays[module.name, name], BY_NO_RULE)
        try:
            module.check_integers({name: found[name] for name in moving}, time)
            for name, (stamps, word) in module.instant_counts.items():
                _check_counts(name, arrays[f"state:{module.name}:{name}"], int(found[stamps][word]), latest)
        except ValueError as error:
            raise ValueError(f"module {module.name!r}: {error}") from error


def _check_counts(name: str, counts: NDArray[Any], t: int, latest: Instant) -> None:
    """Spikes that were counted at an instant are no more than its deliveries; those of an earlier one nobody reads."""
    if t > latest.t:
        raise wrong(f"the instant of {name!r}", t, f"{latest.t} or before, when the last delivery was")
    spikes = float(np.abs(counts.astype(np.float64)).sum())
    if t == latest.t and spikes > latest.deliveries:
        raise wrong(f"the sum of {name!r}", f"{spikes:g}", f"{latest.deliveries} at most, the deliveries at {t}")
