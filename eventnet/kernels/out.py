"""`out` collects the spikes of one reaction of a rule, in plain Python; `kernels.out_compiled` is its compiled twin."""

from __future__ import annotations

import numpy as np

from eventnet.kernels.prediction_heap import BEYOND, FOREVER, due_at, due_tick
from eventnet.kernels.records import BAD_PREDICTION, BAD_SPIKE, BEYOND_TIME, NONE_LATER, TOO_MANY_SPIKES

NEVER = float("inf")


class Out:
    """Collects the spikes of one reaction of a rule; this class is the plain form, for the reference engine."""

    __slots__ = ("amounts", "fault", "most", "neurons", "now", "predictions", "reach", "spikes", "widths")

    def __init__(
        self, widths: tuple[int, ...], most: int, neurons: int = 0, now: int = 0, reach: tuple[int, ...] = (),
        amounts: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        self.widths, self.most, self.neurons, self.now = widths, most, neurons, now
        self.reach, self.amounts = reach or (-1,) * len(widths), amounts or (1,) * len(widths)
        self.spikes: list[tuple[int, int, int, float, int]] = []
        self.predictions: dict[int, int] = {}
        self.fault = 0

    def spike(self, index: int, sign: int, outlet: int = 0, magnitude: float = 1.0) -> None:
        """Make a spike of unit `index` with `sign` at the port's `outlet`-th outlet; at one with amounts, the sign is
        the whole number that the spike carries.
        """
        self.later(index, sign, outlet, 0, magnitude)

    def later(self, index: int, sign: int, outlet: int, ticks: int, magnitude: float = 1.0) -> None:
        """Make a spike that sets out `ticks` later: each wire adds its own delay to that.

        If that comes to tick 2^62 or later the run ends with an error.
        """
        if len(self.spikes) >= self.most:
            self.fault = TOO_MANY_SPIKES
        elif not (0 <= outlet < len(self.widths) and 0 <= index < self.widths[outlet] and ticks >= 0):
            self.fault = BAD_SPIKE
        elif ticks > 0 and not self._comes(outlet, ticks):
            self.fault = BAD_SPIKE if self.reach[outlet] == NONE_LATER else BEYOND_TIME
        elif carried := (1 if sign > 0 else -1) if self.amounts[outlet] == 1 else self._amount(sign, outlet):
            self.spikes.append((int(index), carried, int(outlet), float(magnitude), int(ticks)))
        else:
            self.fault = BAD_SPIKE

    def _amount(self, sign: float, outlet: int) -> int:
        """The whole number that a spike carries; 0 where none such leaves by the outlet."""
        return int(sign) if 1 <= abs(sign) <= self.amounts[outlet] and sign == int(sign) else 0

    def _comes(self, outlet: int, ticks: float) -> bool:
        """All wires deliver before the end of time, and it is no outlet whose spikes set out at once."""
        reach = self.reach[outlet]
        return reach != NONE_LATER and ticks < FOREVER and (reach < 0 or self.now + int(ticks) + reach < FOREVER)

    def predict(self, index: int, t: float) -> None:
        """Unit `index` will cross its threshold at time `t` (ticks) unless it predicts anew or cancels.

        The crossing is delivered, with sign +1, at the port that the module's predicting outlet names: at the first
        tick not before `t`, never in the present one. A whole number of ticks is exact; a float64 names every tick up
        to 2^53 only. A time of infinity cancels; where another comes to tick 2^62 or later the run ends with an error.
        """
        if not 0 <= index < self.neurons or t != t:
            self.fault = BAD_PREDICTION
            return
        whole = isinstance(t, (int, np.integer))
        due = due_at(int(t), self.now) if whole else due_tick(float(t), self.now)
        if due == BEYOND:
            self.fault = BEYOND_TIME
        else:
            self.predictions[int(index)] = due

    def cancel(self, index: int) -> None:
        """Withdraw the prediction of unit `index`."""
        self.predict(index, NEVER)

    def made(self) -> int:
        """Spikes made so far in this reaction."""
        return len(self.spikes)

    def index(self, k: int) -> int:
        """Unit of the k-th spike of this reaction."""
        return self._spike(k)[0]

    def sign(self, k: int) -> int:
        """Sign of the k-th spike of this reaction, or the whole number that it carries."""
        return self._spike(k)[1]

    def _spike(self, k: int) -> tuple[int, int, int, float, int]:
        if not 0 <= k < len(self.spikes):
            raise IndexError(f"this reaction has made {len(self.spikes)} spikes so far; there is none with number {k}")
        return self.spikes[k]
