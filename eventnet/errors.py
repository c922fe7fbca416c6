"""The package's own errors: each says what was found, what was wanted, and where."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class EventnetError(Exception):
    """Every error that eventnet raises on purpose is one of these."""


class NetworkError(EventnetError, ValueError):
    """A module, weight block or network was described with values it cannot have."""


class WiringError(NetworkError):
    """A wire joins things that do not fit together."""


class InputError(EventnetError, ValueError):
    """Events handed to a simulation are out of range, out of order or of the wrong type."""


class OrderError(EventnetError, ValueError):
    """An unknown routing order, or a key function that cannot be used as one."""


class RuleError(EventnetError, RuntimeError):
    """A rule could not finish a reaction, as it reported or as its plain call said, or it does not compile."""


class BoundsError(RuleError):
    """In a checked run a rule used an index that its array does not have, or wrote to what it may only read."""


class UnsettledError(EventnetError, RuntimeError):
    """An instant used up its budget of deliveries without coming to rest."""


class EngineError(EventnetError, RuntimeError):
    """The chosen engine cannot run here, or cannot do what was asked."""


class DataError(EventnetError, ValueError):
    """A data or weight file is absent, damaged or holds values out of range."""


class ModelError(EventnetError, ValueError):
    """A model was given options or arrays that do not make sense together."""


class InternalError(EventnetError, AssertionError):
    """A bug in eventnet itself; please report it with the network that shows it."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What may have been meant: the same quantity in another unit first, else what is spelled most like it."""
    known, stem = list(known), name.rpartition("_")[0]
    same = [other for other in known if stem and other.rpartition("_")[0] == stem]
    if same:
        return f"; here it is {same[0]!r} (mind the unit)"
    near = get_close_matches(name, known, 1, 0.4)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
