"""The watched run of dvs-gyro and robot is the run of the table, and its answers and poses are those of the time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pace import least
from test_fusion_flow_law import SHORT as LAW
from test_fusion_pays import SHORT as PAYS
from test_fusion_run import SHORT, three_rates
from test_view_recorder import Kept

from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.fusion.flow_law import Job, method_of, scenes, size_of, stream_of, turned
from eventnet.scenarios.fusion.methods import EventDriven
from eventnet.scenarios.fusion.named import methods
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.pays import turning
from eventnet.scenarios.fusion.run import GRID_US, run_one
from eventnet.scenarios.fusion.stream import Simulated
from eventnet.scenarios.fusion.watching import live, watch_pays, watch_run, watch_sums
from eventnet.view import FoxgloveFile, RunRecorder

ROBOT = replace(SHORT, robot=replace(SHORT.robot, joints=4, frames_hz=30.0))


@pytest.mark.parametrize("parameters", [SHORT, pytest.param(ROBOT, marks=pytest.mark.slow)], ids=["dvs-gyro", "robot"])
def test_a_watched_run_is_that_of_the_table(parameters: Parameters) -> None:
    kept = Kept()
    with RunRecorder(kept) as recorder:
        watched = watch_run(parameters, three_rates(), recorder)
    method = next(method for method in methods(parameters) if isinstance(method, EventDriven))
    alone = run_one(parameters, three_rates(), 0, method)
    assert watched.method == alone.method
    assert watched.answers.tobytes() == alone.answers.tobytes()
    assert watched.tally.to_dict() == alone.tally.to_dict()
    assert (watched.by_sensor, watched.waits.tobytes()) == (alone.by_sensor, alone.waits.tobytes())

    stream = Simulated(parameters, parameters.run.seed, (three_rates().width, three_rates().height))
    assert [look.t_us for look in kept.looks] == list(range(20_000, 400_001, 20_000))
    assert sum(len(look.events["camera"]) for look in kept.looks) == alone.events
    for look in kept.looks[:-1]:
        said = np.concatenate([look.answers[name] for name in ("fused", "dvs", "gyro")])
        assert said.tobytes() == alone.answers[look.t_us // GRID_US].tobytes()
    for look in kept.looks:
        assert look.answers["truth"].tobytes() == stream.motion.rates(look.t_us).tobytes()
        assert look.pose is not None
        assert look.pose.tobytes() == stream.motion.orientation(look.t_us).tobytes()
    assert ("joints" in kept.looks[0].events) == bool(parameters.robot.joints)


@pytest.mark.slow
def test_a_live_run_is_the_watched_one_and_shows_spikes_and_what_sensors_cost(tmp_path: Path) -> None:
    three_rates().save(tmp_path / "weights.npz")
    parameters = replace(SHORT, run=replace(SHORT.run, weights=str(tmp_path / "weights.npz")))
    kept, alone = Kept(), Kept()
    for sink, go in (
        (kept, lambda r: live(parameters, r, "breadth")),
        (alone, lambda r: watch_run(parameters, three_rates(), r)),
    ):
        with RunRecorder(sink) as recorder:
            go(recorder)
    for look, other in zip(kept.looks, alone.looks, strict=True):
        assert (look.adds, look.rates, look.queued, look.by_input) == (
            other.adds,
            other.rates,
            other.queued,
            other.by_input,
        )
        assert all(look.answers[name].tobytes() == value.tobytes() for name, value in other.answers.items())
        assert sum(look.by_input.values()) == pytest.approx(sum(look.adds.values()))
        assert look.pictures["raster"].shape == (three_rates().hidden.shape[1], 20)
    assert sum(int((look.pictures["raster"] == 0).sum()) for look in kept.looks) > 0
    other = Kept()
    with RunRecorder(other) as recorder:
        live(parameters, recorder, "depth")
    assert [look.events["camera"].tobytes() for look in other.looks] == [
        look.events["camera"].tobytes() for look in kept.looks
    ]


def test_a_watched_run_of_pays_is_that_at_its_last_speed(tmp_path: Path) -> None:
    three_rates().save(tmp_path / "weights.npz")
    kept, p = Kept(), replace(PAYS, run=replace(PAYS.run, weights=str(tmp_path / "weights.npz")))
    with RunRecorder(kept) as recorder:
        watch_pays(p, None, recorder)  # type: ignore[arg-type]
    like = turning(p, 80.0)
    method = next(method for method in methods(like) if isinstance(method, EventDriven))
    alone = run_one(like, three_rates(), 0, method)
    assert sum(len(look.events["camera"]) for look in kept.looks) == alone.events > 0
    for look in kept.looks[:-1]:
        said = np.concatenate([look.answers[name] for name in ("fused", "dvs", "gyro")])
        assert said.tobytes() == alone.answers[look.t_us // GRID_US].tobytes()


def test_watched_sums_are_those_of_the_law() -> None:
    kept = Kept()
    with RunRecorder(kept) as recorder:
        watched = watch_sums(LAW, recorder)
    (scene,) = [one for one in scenes(LAW) if one.kind == "turning"]
    job, motion = Job(scene, 2000, "thinnest"), turned(LAW, scene).motion
    alone = method_of(LAW, job).run(size_of(scene), stream_of(LAW, scene), GRID_US, lambda reached: None)
    assert watched.answers.tobytes() == alone.answers.tobytes()
    assert watched.tally.to_dict() == alone.tally.to_dict()
    assert sum(len(look.events["camera"]) for look in kept.looks) == alone.events > 0
    for look in kept.looks[:-1]:
        said = np.concatenate([look.answers[name] for name in ("fused", "dvs", "gyro")])
        assert said.tobytes() == alone.answers[look.t_us // GRID_US].tobytes()
        assert look.answers["truth"].tobytes() == motion.rates(look.t_us).tobytes()


@pytest.mark.slow
def test_two_seconds_are_watched_in_less_than_a_second_of_processor_time(tmp_path: Path) -> None:
    """The run that is gone through again, the recorder and the file together; compiled before."""
    pytest.importorskip("foxglove", reason="the extra view is not installed")
    robot = replace(Parameters(), robot=replace(Parameters().robot, joints=20, frames_hz=30.0))

    def watched(seconds: float) -> None:
        with RunRecorder(FoxgloveFile(tmp_path / "run.mcap")) as recorder:
            watch_run(replace(robot, run=replace(robot.run, duration_s=seconds)), FusionWeights.shipped(), recorder)

    watched(0.6)
    assert least(lambda: watched(2.0)) < 1.0
