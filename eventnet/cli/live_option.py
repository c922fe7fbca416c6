"""The options --live, --live-port and --live-end: a page that shows one of the runs while it goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from eventnet.cli.results import Screen
from eventnet.errors import ModelError
from eventnet.scenarios.shared.scenario import Scenario
from eventnet.view.live_board import LiveWork
from eventnet.view.live_page import bokeh
from eventnet.view.live_server import LiveServer, free_port

PORTS = 65_535


@dataclass(frozen=True)
class LiveOptions:
    """Options of a live page."""

    live: Annotated[
        bool, typer.Option("--live", help="Show one of the runs on a page of this machine while it goes.")
    ] = False
    live_port: Annotated[
        int | None, typer.Option("--live-port", min=1, max=PORTS, help="With --live. Default: one that is free.")
    ] = None
    live_end: Annotated[
        bool, typer.Option("--live-end", help="With --live: end with the runs. Default: at Ctrl-C.")
    ] = False

    def check(self, *, train: bool) -> None:
        """Raises ModelError for options that do not go together, DataError without Bokeh, and for a port that is
        taken."""
        if not self.live and (self.live_port or self.live_end):
            raise ModelError("--live-port and --live-end are of a live page; wanted --live, too")
        if self.live and train:
            raise ModelError("--live shows a network that is trained already; it goes without --train")
        if self.live:
            bokeh()
            free_port(self.live_port or 0)


@contextmanager
def live_page(options: LiveOptions, scenario: Scenario[Any, Any], parameters: Any, screen: Screen) -> Iterator[None]:
    """With --live show a page while the block runs; after it until Ctrl-C, or the end of the runs."""
    if not options.live:
        yield
        return
    assert scenario.live is not None
    title = f"{scenario.name}, seed {parameters.run.seed}"
    server = LiveServer(LiveWork(title, scenario.live, parameters, scenario.orders), options.live_port or 0)
    try:
        screen.err.print(f"live page: {server.address}")
        yield
        if not options.live_end:
            screen.err.print("the live page stays until Ctrl-C")
        server.wait(for_ever=not options.live_end)
    finally:
        server.end()
