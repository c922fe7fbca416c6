"""What was meant by a name that there is not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """What may have been meant: the same quantity in another unit first, else what is spelled most like it."""
    known, stem = list(known), name.rpartition("_")[0]
    same = [other for other in known if stem and other.rpartition("_")[0] == stem]
    if same:
        return f"; here it is {same[0]!r} (mind the unit)"
    near = get_close_matches(name, known, 1, 0.4)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
