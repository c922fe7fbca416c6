"""The search for gains of the gaze scenario: which are tried, on which heads, and that the least slip comes last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_fusion_run import three_rates

from eventnet.scenarios.gaze import GazeParameters, run_reflex, tuning
from eventnet.scenarios.gaze.parameters import ReflexTable
from eventnet.scenarios.gaze.reflex import REFLEXES
from eventnet.scenarios.gaze.run import measured
from eventnet.scenarios.shared.parameter_file import loads

SHORT = loads("[run]\nduration_s = 0.1\nmeasured_from_s = 0.02\nheads = 2", GazeParameters())


def test_every_method_has_the_same_grid_beside_a_gyroscope_and_one_alone() -> None:
    assert [name for name in REFLEXES if name.startswith(("both", "camera"))] == tuning.TUNED
    for name in tuning.TUNED:
        reflex, grid = REFLEXES[name], tuning.candidates(name, ReflexTable())
        if reflex.kalman:
            assert {table.kalman_camera_variance for table in grid.values()} == {400, 3000, 20_000, 100_000}
            continue
        pairs = {table.gains(reflex.gyroscope, reflex.flow, reflex.clock_us) for table in grid.values()}
        alone = {(gain, integral) for gain in (0.1, 0.3, 0.8) for integral in (10, 30, 100, 300)}
        beside = {(gain, integral) for gain in (0, 0.1, 0.3) for integral in (1, 2, 3, 4.5, 6)}
        assert pairs == (beside if reflex.gyroscope else alone)


@pytest.mark.parametrize("name", tuning.TUNED)
def test_what_ships_is_on_the_grid(name: str) -> None:
    def used(table: ReflexTable) -> tuple[float, ...]:
        reflex = REFLEXES[name]
        gains = table.gains(reflex.gyroscope, reflex.flow, reflex.clock_us)
        return (table.kalman_camera_variance,) if reflex.kalman else gains

    assert used(ReflexTable()) in map(used, tuning.candidates(name, ReflexTable()).values())


def test_the_slip_of_a_candidate_is_the_mean_over_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "INTEGRALS_PER_S", (2.0, 6.0))
    monkeypatch.setattr(tuning, "GAINS", (0.3,))
    found = tuning.slips(SHORT, three_rates(), "both, flow sums")
    assert list(found) == ["integral 2, gain 0.3", "integral 6, gain 0.3"]
    p = replace(SHORT, reflex=replace(SHORT.reflex, flow_integral_per_s=6.0, flow_gain=0.3))
    by_head = [measured(run_reflex(p, three_rates(), "both, flow sums", head), p)["slip"] for head in range(2)]
    assert found["integral 6, gain 0.3"] == np.mean(by_head) != found["integral 2, gain 0.3"]


def test_it_prints_the_least_slip_last_and_names_what_it_does_not_tune(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    heard: list[tuple[int, int]] = []

    def slips(parameters: GazeParameters, weights: object, name: str, processes: int | None) -> dict[str, float]:
        heard.append((parameters.run.seed, parameters.run.heads))
        return {"a": 2.0, "b": 1.5, "c": 3.0}

    monkeypatch.setattr(tuning, "slips", slips)
    tuning.main(["both, kept 8 ms", "--processes", "1"])
    assert capsys.readouterr().out.splitlines()[-1] == "both, kept 8 ms: b: 1.5000 deg/s"
    assert heard == [(77, 4)]
    with pytest.raises(SystemExit):
        tuning.main(["gyroscope alone"])
    assert (
        "unknown reflex 'gyroscope alone'; there are camera alone; both; both, kept 1 ms; " in capsys.readouterr().err
    )
