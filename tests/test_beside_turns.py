"""What turns leave unexplained: the flow is that of points that move, and what is made of turns alone has no rest."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCRIPT: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "scripts" / "beside_turns.py"))
WIDTH, HEIGHT, FOCAL = 24, 16, 12.0


def flow() -> Any:
    return SCRIPT["moving_flow"](HEIGHT, WIDTH, 2, FOCAL)


@pytest.mark.parametrize("axis", range(3))
def test_a_move_shifts_the_picture_of_points_at_a_depth_of_1(axis: int) -> None:
    rows, columns = HEIGHT // 2, WIDTH // 2
    y, x = np.meshgrid(
        *((np.arange(n) * 2 + 0.5 - 0.5 * (2 * n - 1)) / FOCAL for n in (rows, columns)), indexing="ij"
    )  # fmt: skip
    points, step = np.stack((x.ravel(), y.ravel(), np.ones(x.size))), 1e-6
    moved = points - step * np.eye(3)[:, [axis]]  # the camera moves along, so that points come the other way
    found = (moved[:2] / moved[2] - points[:2]) / step
    assert flow()[:, :, 3 + axis] == pytest.approx(found.T, abs=1e-5)


@pytest.mark.parametrize(("motion", "least", "most"), [(0, 0.0, 1e-9), (2, 0.0, 1e-9), (3, 0.001, 1.0), (5, 0.2, 1.0)])
def test_turns_have_no_rest_and_moves_have_one(motion: int, least: float, most: float) -> None:
    rows, columns = HEIGHT // 2, WIDTH // 2
    level = np.random.default_rng(2).normal(size=(rows, columns))
    inner = flow().reshape(rows, columns, 2, 6)[1:-1, 1:-1]
    across, down = level[1:-1, 2:] - level[1:-1, :-2], level[2:, 1:-1] - level[:-2, 1:-1]
    net = (across * inner[:, :, 0, motion] + down * inner[:, :, 1, motion]).ravel()
    assert least <= SCRIPT["_part"](level, net, inner) <= most


def test_windows_are_judged_from_a_quarter_on() -> None:
    assert len(SCRIPT["beside"](SCRIPT["simulated"](55.0)[:3000], (64, 48), 40.0)) > 10


@pytest.mark.slow
def test_only_a_move_forward_parts_recordings_of_moves_from_those_of_turns(shared: Path) -> None:
    """As the page says."""
    medians = {name: 100 * np.median(parts) for _, name, parts in SCRIPT["rows"](shared / "data")}
    assert medians["poster_6dof"] > 20
    others = [value for name, value in medians.items() if "simulated" not in name and name != "poster_6dof"]
    assert max(others) < 3
    assert medians["simulated, 5 deg/s"] > medians["poster_6dof"]
