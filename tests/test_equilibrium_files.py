"""Files of initialized and of spiking equilibrium networks: what is read goes on as what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.models import InitializedEquilibriumNetwork, SpikingEquilibriumNetwork
from eventnet.models.equilibrium_spiking import SpikingForm, schedule

SIZES = (5, 6, 4, 3)
RATES = (0.1, 0.05, 0.02)
MADE: dict[str, Any] = {
    "initialized": lambda: InitializedEquilibriumNetwork(SIZES, learning_rate=RATES, loss="global", lam=0.5, seed=3),
    "plain": lambda: InitializedEquilibriumNetwork(SIZES, learning_rate=RATES, initialized=False, dtype="float64"),
    "spiking": lambda: SpikingEquilibriumNetwork(SIZES, learning_rate=RATES, steps=(9, 4), seed=3),
    "stochastic": lambda: SpikingEquilibriumNetwork(
        SIZES, SpikingForm("stochastic", eps=schedule(0.775, 0.313), matched=True), learning_rate=RATES, steps=(9, 4),
        dtype="float64",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_a_saved_network_goes_on_as_the_one_that_was_saved(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((12, 5)), rng.integers(0, 3, 12)
    first = MADE[name]()
    net = MADE[name]().partial_fit(x, y, batch=2)
    net.save(tmp_path / "net.npz")
    again = type(net).load(tmp_path / "net.npz")
    assert again.options == net.options
    for place, array in net.arrays().items():
        assert again.arrays()[place].tobytes() == array.tobytes()
    assert again.arrays()["w0"].tobytes() != first.arrays()["w0"].tobytes()
    assert again.outputs(x).tobytes() == net.outputs(x).tobytes()
    assert again.arrays()["w0"].tobytes() != net.partial_fit(x, y, batch=1).arrays()["w0"].tobytes()
    for place, array in again.partial_fit(x, y, batch=1).arrays().items():
        assert array.tobytes() == net.arrays()[place].tobytes()


@pytest.mark.parametrize("name", ["initialized", "spiking"])
def test_damaged_files_are_refused(name: str, tmp_path: Path) -> None:
    net = MADE[name]()
    net.biases[0][0] = np.nan
    net.save(tmp_path / "net.npz")
    with pytest.raises(DataError, match=r"b0 is float32 \(6,\).*finite"):
        type(net).load(tmp_path / "net.npz")
    net.sizes = (5, 200_000, 3)
    net.save(tmp_path / "net.npz")
    with pytest.raises(DataError, match="wanted the 1600000 weights"):
        type(net).load(tmp_path / "net.npz")
    other = MADE["spiking" if name == "initialized" else "initialized"]()
    other.save(tmp_path / "net.npz")
    with pytest.raises(DataError, match="format"):
        type(net).load(tmp_path / "net.npz")


def test_a_function_of_ones_own_is_not_saved(tmp_path: Path) -> None:
    net = SpikingEquilibriumNetwork((4, 2), SpikingForm(lam=lambda t: 0.5), learning_rate=(0.1,))
    with pytest.raises(ModelError, match="lam is a function of your own"):
        net.save(tmp_path / "net.npz")
