"""What every test may use: the options `--slow` and `--every-rule`, a browser, the recordings and golden traces beside the repository."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser
import few
import pytest

import eventnet  # noqa: F401 - rules are there when `few` asks for them
from eventnet.engine.compiled import LOOP_SIGNATURE
from eventnet.plotting import style


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too, and compile every rule")
    parser.addoption("--whole", action="store_true", help="as --slow, with every draw of tests that draw many: hours")
    parser.addoption("--every-rule", action="store_true", help="compile every rule, without the tests marked slow")


def pytest_configure(config: pytest.Config) -> None:
    few.WHOLE = bool(config.getoption("--whole"))
    config.option.slow = config.option.slow or few.WHOLE
    few.SLOW = bool(config.option.slow or config.getoption("--every-rule"))
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell's job in the background: commands would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("whole") and not few.WHOLE:
            item.add_marker(pytest.mark.skip(reason="takes minutes: runs with --whole"))
        if config.option.slow:
            continue
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: runs with --slow"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """Thousands of tests stay to the end: each search for garbage, now and later, would go through them all."""
    gc.disable()
    try:
        return (yield)  # type: ignore[return-value]
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings and golden traces that lies beside the repository and is no part of it."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("no folder 'shared' beside the repository")
    return folder


@pytest.fixture(scope="module")
def reader() -> Iterator[browser.Browser]:
    """A browser that reads pages."""
    if browser.find() is None:
        pytest.skip(f"no browser: looked for {', '.join(browser.NAMES)} (Debian: apt-get install chromium)")
    with browser.browser() as found:
        yield found


@pytest.fixture(scope="session", autouse=True)
def readable_pictures() -> None:
    """No test makes a picture with text that is too small."""
    style.check_readable = True


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Figures, caught on their way to becoming bytes."""
    caught: list[Any] = []
    monkeypatch.setattr(style, "refuse_small", caught.append)
    return caught


@pytest.fixture(scope="session", autouse=True)
def some_rules() -> Iterator[None]:
    if few.SLOW:
        yield
    else:
        with few.some_rules():
            yield


@pytest.fixture(scope="session", autouse=True)
def loops(request: pytest.FixtureRequest) -> None:
    """Where many tests run in several workers, no two compile the same loop of the engine."""
    if len(request.session.items) > 1_000:
        for loop in few.share_of_loops(os.environ.get("PYTEST_XDIST_WORKER", "")):
            loop.compile(LOOP_SIGNATURE)
