"""A relay: what comes in goes out, unchanged. Module A of Table A.2, and the place where one input fans out to many."""

from __future__ import annotations

from eventnet.declarations import Derived, Size
from eventnet.module import Module, Outlet, Port
from eventnet.rule import rule


@rule
def pass_on(i, s, t, out, tally):
    """Send the spike on as it came."""
    out.spike(i, s)


class Relay(Module):
    """`units` lines that pass spikes on."""

    spikes = Port(pass_on, emits="out", accepts="units")
    out = Outlet(passes_on=True)
    most = Derived(1)


@rule
def take(i, s, t, out, tally):
    """Nothing happens."""


class Sink(Module):
    """Takes spikes and does nothing: an end to count deliveries at."""

    units = Size()
    spikes = Port(take, accepts="units")
