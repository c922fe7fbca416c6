"""Views into a running simulation: its modules and their units, to read and to poke."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.state import Store
from eventnet.errors import NetworkError
from eventnet.given import convert, whole_numbers
from eventnet.module import Module


class NeuronView:
    """One unit of a module in a running simulation: its state by name (`sim[layer][3].phi`), to read and to poke."""

    def __init__(self, view: ModuleView, index: int) -> None:
        object.__setattr__(self, "_view", view)
        object.__setattr__(self, "index", index)

    def __getattr__(self, name: str) -> Any:
        array = self._view.array(name)
        if array.ndim == 2:
            return array[:, self.index]
        # What the units of a module share (a parameter, say) has one word.
        return array[self.index if len(array) > 1 else 0].item()

    def __setattr__(self, name: str, value: Any) -> None:
        array = self._view.array(name)
        what = f"{name!r} of unit {self.index} of {self._view.module.name!r}"
        given = whole_numbers(value, what) if array.dtype == np.int64 else convert(value, array.dtype.name, what)
        if array.ndim == 2:
            array[:, self.index] = given
        else:
            array[self.index] = given

    def __repr__(self) -> str:
        module = self._view.module
        own = [n for n in (*module.state, *module.integers) if len(self._view.array(n)) == module.units]
        state = ", ".join(f"{n}={getattr(self, n)}" for n in own)
        return f"<neuron {self.index} of {module.name!r}: {state}>"


class ModuleView:
    """A module in a running simulation. `view[3]` is a neuron; `view.phi` is the whole array.

    refuse: called with what is asked for, before each look; it raises EngineError where nobody may look.
    """

    def __init__(self, store: Store, module: Module, refuse: Callable[[str], None]) -> None:
        self._store, self.module, self._refuse = store, module, refuse

    def array(self, name: str) -> NDArray[Any]:
        """The running array of a name: state [n], or a weight block [rows, cols]."""
        self._refuse(f"a look at {name!r} of {self.module.name!r}")
        try:
            return self._store.lend(self.module, name)
        except NetworkError:
            names = [*self.module.state, *self.module.integers, *self.module.blocks]
            raise AttributeError(f"{self.module.name!r} has no state {name!r}; it has {names}") from None

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("_"):  # asked for before there is a store: by copy and pickle
            raise AttributeError(name)
        return self.array(name)

    def __getitem__(self, index: int) -> NeuronView:
        if not -self.module.units <= index < self.module.units:
            raise IndexError(f"{self.module.name!r} has {self.module.units} units; there is no unit {index}")
        return NeuronView(self, index % self.module.units)

    def __len__(self) -> int:
        return self.module.units
