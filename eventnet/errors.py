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


class NoSuchName(EventnetError, AttributeError):
    """An attribute that is not there. Its text, made when it is read, says what may have been meant.

    called: what errors call the owner; cure: what to write instead, where that is known; owner: who was asked, whose
    names are searched for one that is spelled alike.
    """

    name: str

    def __init__(self, called: str, name: str, cure: str | None = None, owner: object = None) -> None:
        super().__init__(called, name, cure)
        self.called, self.name, self.cure, self._owner = called, name, cure, owner

    def __str__(self) -> str:
        return f"{self.called} has no attribute {self.name!r}; {self._cure()}"

    def _cure(self) -> str:
        if self.cure is not None:
            return self.cure
        known = [name for name in dir(self._owner) if not name.startswith("_")]
        near = get_close_matches(self.name, known, 1, 0.6)
        return f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"

    def __reduce__(self) -> tuple[type[NoSuchName], tuple[str, str, str]]:
        return NoSuchName, (self.called, self.name, self._cure())


class InternalError(EventnetError, AssertionError):
    """A bug in eventnet itself; please report it with the network that shows it."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest a name, for a message: the same quantity in another unit, else the closest spelling, else all names."""
    known, stem = list(known), name.rpartition("_")[0]
    same = [other for other in known if stem and other.rpartition("_")[0] == stem]
    if same:
        return f"; here it is {same[0]!r} (mind the unit)"
    near = get_close_matches(name, known, 1, 0.4)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"


def in_a_line(error: BaseException) -> str:
    """An error in one line: eventnet's own by their words, others by their kind too, and where they happened."""
    words = str(error)
    if not isinstance(error, EventnetError):
        words = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return "; ".join([words, *getattr(error, "__notes__", ())])
