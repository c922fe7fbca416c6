"""Integers of modules, which compiled rules may use as indices: what a file says they are leads out of no array.

Those that no rule of the module writes are what they were in this simulation; of the others the module says itself what
they may be.
"""

from __future__ import annotations

from eventnet.engine.soundness.facts import Arrays
from eventnet.engine.store import Store
from eventnet.engine.writes import written_integers
from eventnet.ranges import BY_NO_RULE, same


def of_modules(store: Store, arrays: Arrays, time: int) -> None:
    """Raise ValueError unless runs of these modules up to a time could have left these arrays of a store behind."""
    for module in store.net.modules:
        found = {name: arrays[f"state:{module.name}:{name}"] for name in module.integers}
        moving = written_integers(module)
        for name in set(found) - moving:
            same(f"{name!r} of module {module.name!r}", found[name], store.arrays[module.name, name], BY_NO_RULE)
        try:
            module.check_integers({name: found[name] for name in moving}, time)
        except ValueError as error:
            raise ValueError(f"module {module.name!r}: {error}") from error
