"""What a unit of one map reaches in the next: convolution, and how a kernel lies in a block (docs/reference/neurons.md)."""

from __future__ import annotations

from typing import Any, NamedTuple

from outside.counted import METER, NEURON


class Reached(NamedTuple):
    """A place of the output that a spike reaches: its number, and the first word of its weights in the block's row."""

    place: int
    word: int


class Patches:
    """Maps [channels, height, width] on both sides; units lie channel-last."""

    def __init__(self, geometry: Any) -> None:
        self.shape_in, self.shape_out, self.kernel, self.stride, self.padding = geometry
        self.units_in = self.shape_in[0] * self.shape_in[1] * self.shape_in[2]
        self.channels, self.places = self.shape_out[0], self.shape_out[1] * self.shape_out[2]
        self.units = self.channels * self.places
        self.kept: dict[int, tuple[int, list[Reached]]] = {}

    def slot(self, axis: int, k: int) -> int:
        """Where row (axis 0) or column (1) k of the kernel lies: first by k modulo the stride, then from the last on."""
        return sorted(range(self.kernel[axis]), key=lambda n: (n % self.stride[axis], -n)).index(k)

    def along(self, axis: int, at: int) -> list[tuple[int, int]]:
        """Outputs along an axis that an input at `at` reaches, rising, and the kernel's slot between the two."""
        found = []
        for o in range(self.shape_out[1 + axis]):
            k = at + self.padding[axis] - o * self.stride[axis]
            if 0 <= k < self.kernel[axis]:
                found.append((o, self.slot(axis, k)))
        return found

    def of(self, i: int) -> tuple[int, list[Reached]]:
        """The channel of unit i, and the places that it reaches, row by row."""
        if i not in self.kept:
            place, channel = divmod(i, self.shape_in[0])
            y, x = divmod(place, self.shape_in[2])
            reached = [
                Reached(o_y * self.shape_out[2] + o_x, (s_y * self.kernel[1] + s_x) * self.channels)
                for o_y, s_y in self.along(0, y)
                for o_x, s_x in self.along(1, x)
            ]
            self.kept[i] = channel, reached
        return self.kept[i]

    def add(self, acc: list[Any], w: Any, i: int, s: int, cause: int) -> None:
        """Add (or subtract) the words of unit i's patch."""
        METER.cause = cause
        channel, reached = self.of(i)
        for place, word in reached:
            for c in range(self.channels):
                j = place * self.channels + c
                value = w.read(channel, word + c)
                acc[j] = acc[j] + value if s > 0 else acc[j] - value
        METER.cause = NEURON

    def add_ones(self, acc: list[Any], one: Any, i: int, s: int, cause: int) -> None:
        """Add (or subtract) one to every window that unit i lies in, in its channel."""
        METER.cause = cause
        channel, reached = self.of(i)
        for place, _ in reached:
            j = place * self.channels + channel
            acc[j] = acc[j] + one if s > 0 else acc[j] - one
        METER.cause = NEURON
