"""How far a long call has come: a bar on a terminal, a call of a user's function, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Progress:
    """A bar, a user's function, or nothing."""

    def __init__(self, wanted: bool | Callable[..., None], total: int) -> None:
        self.wanted, self.total = wanted, total
        self.bar: Any = None

    def __enter__(self) -> Callable[[int], None]:
        if callable(self.wanted):
            report, total = self.wanted, self.total
            return lambda done: report(done, total)
        if not self.wanted:
            return lambda done: None
        from rich.progress import Progress as Bar

        bar = self.bar = Bar(transient=True)
        self.bar.start()
        task = self.bar.add_task("samples", total=self.total)
        return lambda done: bar.update(task, completed=done)

    def __exit__(self, *problem: object) -> None:
        if self.bar is not None:
            self.bar.stop()
