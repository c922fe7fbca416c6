"""A live page is served to this machine alone, by a process of its own, so that what it shows waits for nothing."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from eventnet.analysis.children import Child
from eventnet.errors import DataError
from eventnet.view.live_board import LiveBoard, LiveWork
from eventnet.view.live_page import LivePage, bokeh

HOST = "127.0.0.1"
PUMP_S = 0.02
"""From look to look at what runs have sent."""
UNUSED_MS = 2000
"""A window that was closed is forgotten."""


class LiveServer:
    """The process that serves the page of a work, and begins its runs.

    address  of the page: on this machine, with a word in its path that nobody guesses
    Raises DataError where Bokeh is not there, and for a port that is taken. port 0: any that is free.
    """

    def __init__(self, work: LiveWork, port: int = 0) -> None:
        bokeh()
        self.child = Child(_serve, work, free_port(port))
        try:
            self.address: str = self.child.pipe.recv()
        except EOFError:
            self.child.end()
            raise DataError("the process of the live page has died") from None

    def wait(self, *, for_ever: bool) -> None:
        """Until all runs are over; for ever: until Ctrl-C, which is then no error."""
        try:
            if not for_ever:
                self.child.pipe.send("end with the runs")
            self.child.pipe.recv()
        except (EOFError, OSError):
            raise DataError("the process of the live page has died") from None
        except KeyboardInterrupt:
            return

    def end(self) -> None:
        """End the page, and its runs with it."""
        self.child.end()


def free_port(port: int) -> int:
    """This port, or for 0 one that is free. Raises DataError where it is taken."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            raise DataError(f"port {port} of {HOST} cannot be had: {error.strerror}; name another") from error
        return int(tried.getsockname()[1])


def _serve(pipe: Connection, work: LiveWork, port: int) -> None:
    """Serve until the parent ends this process."""
    for name in ("bokeh", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    board = LiveBoard(work)
    server, path = _server(lambda document: LivePage(board, document), port)
    server.start()
    pump = _pump(pipe, board)

    def again() -> None:
        pump()
        server.io_loop.call_later(PUMP_S, again)

    again()
    pipe.send(f"http://{HOST}:{port}{path}")
    server.io_loop.start()


def _server(show: Callable[[Any], object], port: int) -> tuple[Any, str]:
    """The server, which takes orders from its own pages alone, and the page's path."""
    application = bokeh().application
    path = f"/{secrets.token_urlsafe(12)}"
    made = bokeh().server.server.Server(
        {path: application.Application(application.handlers.FunctionHandler(show))}, address=HOST, port=port,
        allow_websocket_origin=[f"{HOST}:{port}", f"localhost:{port}"], use_index=False,
        check_unused_sessions_milliseconds=UNUSED_MS, unused_session_lifetime_milliseconds=UNUSED_MS,
    )  # fmt: skip
    return made, path


def _pump(pipe: Connection, board: LiveBoard) -> Callable[[], None]:
    """Takes up what runs send, and ends with them where that is asked for."""
    asked: list[Any] = []

    def pump() -> None:
        board.hear()
        if pipe.poll():
            asked.append(pipe.recv())
        if asked and board.over:
            pipe.send("over")
            asked.clear()

    return pump
