"""Benchmarks that are called by name run one after the other in one process, whatever pyproject.toml says of tests;
every rule is compiled."""

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return 0


@pytest.fixture(scope="session", autouse=True)
def some_rules() -> None:
    """In place of the one of the tests, which skips what compiles other rules."""
