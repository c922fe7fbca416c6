"""Commands that are killed and run again leave the same bytes as undisturbed ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from few import part

sys.path.insert(0, str(Path(__file__).parent / "scripts"))
import kill


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("command", part(["train", "cost"], 2))
def test_a_killed_command_goes_on_and_ends_with_the_same_bytes(command: str, tmp_path: Path) -> None:
    """Reproductions go on as sweeps do, which `test_sweep_running.py` kills."""
    done = kill.rounds(6, 1, tmp_path, [command])
    assert all(one["same bytes"] for one in done)
    # The test is void if no kill came while there was something to go on from, or none in a save.
    assert sum(one["killed"] and one["after a piece"] for one in done) >= 2
    assert sum(one["went on"] for one in done) >= 2
    assert any(one["in a save"] for one in done if one["kind"] == "aimed")
    assert "aimed at a save" in kill.table(done)
