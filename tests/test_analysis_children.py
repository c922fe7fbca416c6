"""A child answers through its pipe, hears no Ctrl-C, and ends when it is ended."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from eventnet.analysis.children import Child


def echo(pipe: Any, prefix: str) -> None:
    while True:
        pipe.send((prefix, pipe.recv(), os.getpid()))


@pytest.mark.slow
def test_a_child_hears_its_pipe_and_no_interrupt() -> None:
    child = Child(echo, "said")
    try:
        child.pipe.send(1)
        assert child.pipe.recv() == ("said", 1, child.process.pid)
        os.kill(child.process.pid or 0, signal.SIGINT)
        time.sleep(0.1)
        child.pipe.send(2)
        assert child.pipe.recv()[1] == 2
    finally:
        child.end()
    assert child.process.exitcode == -signal.SIGKILL


def test_what_cannot_be_handed_over_is_refused_and_leaves_no_process() -> None:
    with pytest.raises(Exception, match="lambda"):
        Child(lambda pipe: None)
