"""Benchmarks that are called by name run one after the other in one process, whatever pyproject.toml says of tests."""

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return 0
