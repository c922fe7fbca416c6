"""Run a network and keep its ledger, by either rule of blame."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eventnet.base.old_names import renamed_arguments
from eventnet.cost.ledger import BLAMES, TRIGGERING, CostLedger
from eventnet.cost.proportional_blame import share
from eventnet.declarations import undeclared
from eventnet.errors import ModelError
from eventnet.event import EVENT, Events, Packeted
from eventnet.io import RecordedInputs
from eventnet.network import Network
from eventnet.simulation import simulate

Progress = Callable[[int, int], None]


@renamed_arguments(told="progress")
def keep_ledger(
    net: Network, inputs: Events | Sequence[tuple[int, Any, int, int]] | Packeted, *, blame: str = TRIGGERING,
    until: int | None = None, progress: Progress | None = None, **options: Any,
) -> CostLedger:  # fmt: skip
    """Run a network on inputs and enter what it costs under the inputs that caused it; options as for `Simulation`.

    blame "triggering": each delivery belongs to the input that its chain of causes (parents) began with. Any length.

    blame "proportional": a spike is shared among the deliveries that moved its unit since the unit's last spike; see
    `cost.proportional_blame` for the exact rule. The network is run twice, the second time delivery by delivery,
    with the weights as they are at each one (so networks that learn are right, too): 0.05 to 0.15 ms a delivery, and
    the log is held in memory. Counts are whole numbers again (largest remainders), so that they sum to the tally
    exactly. progress: called with (deliveries done, deliveries in all). A module declares what moves its units
    (`Module.membrane`); a RuntimeWarning names modules that may have a potential and do not say: their spikes are
    blamed by triggering.

    inputs: as `simulate` takes them. Those of `en.io.recorded_inputs` are read packet by packet with triggering blame,
    and all at once with the other one; entries lead back to pixel, polarity and time of the recording.

    Raises ModelError for another blame.
    """
    found = _kept(net, inputs, blame, until, progress, options)
    return replace(found, pixels=inputs.pixels) if isinstance(inputs, RecordedInputs) else found


def _kept(
    net: Network, inputs: Any, blame: str, until: int | None, progress: Progress | None, options: dict[str, Any]
) -> CostLedger:  # fmt: skip

    if blame not in BLAMES:
        raise ModelError(f"blame is {' or '.join(BLAMES)}, not {blame!r}")
    if blame == TRIGGERING:
        return CostLedger.of(simulate(net, inputs, until=until, **options | {"roots": True}))
    if unsaid := [f"{module.name!r} ({type(module).__name__})" for module in net.modules if undeclared(module)]:
        warnings.warn(
            f"spikes of {', '.join(unsaid)} are blamed by triggering: no `membrane` says what the potential is and "
            "what moves it (`membrane = None`: there is none)",
            RuntimeWarning,
            stacklevel=4,  # one for `renamed_arguments`
        )
    own = {name: value for name, value in options.items() if name not in ("roots", "record", "root_limit")}
    if isinstance(inputs, Packeted):
        until = getattr(inputs, "until", None) if until is None else until
        inputs = np.concatenate([np.empty(0, EVENT), *inputs.packets()])
    run = simulate(net, inputs, until=until, roots=True, record=True, **own)
    return share(run, inputs, until, own, progress)
