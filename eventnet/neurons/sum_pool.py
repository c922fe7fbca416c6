"""Sum pooling without sums: a spike goes on to every window of a map that it lies in."""

from __future__ import annotations

from eventnet.declarations import Derived, Patches
from eventnet.kernels.patches import C_OUT, W_OUT, patch_of
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.sigma_delta import keeps_channels
from eventnet.rule import rule


@rule
def pass_to_windows(i, s, t, out, tally, frame, rows, columns):
    """Send the spike on to every window that it lies in; its channel stays."""
    channel, n_y, y, _, n_x, x, _ = patch_of(i, frame, rows, columns)
    for a in range(y, y + n_y):
        for b in range(x, x + n_x):
            out.spike((a * frame[W_OUT] + b) * frame[C_OUT] + channel, s)


class SumPool(Module):
    """Sums of windows of a map, spike by spike: one goes on to every window that it lies in, as a weight of 1."""

    membrane = None
    geometry = Patches(check=keeps_channels, doc="of windows, which keeps its channels")
    units = Derived[int](lambda pool: pool.geometry.units_out)
    n_in = Derived[int](lambda pool: pool.geometry.units_in)
    spikes = Port(pass_to_windows, emits="out", accepts="n_in")
    out = Outlet(passes_on=True)

    def most_spikes(self) -> int:
        """As many windows as one unit can lie in."""
        (height, width), (down, along) = self.geometry.kernel, self.geometry.stride
        return -(-height // down) * -(-width // along)
