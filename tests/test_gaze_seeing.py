"""What sees the slip: flow sums in the loop, whose rates the read-out hears at the beginning of the next period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_fusion_run import three_rates

from eventnet.errors import ModelError
from eventnet.scenarios.gaze import GazeParameters, run_reflex
from eventnet.scenarios.gaze.parameters import FlowTable
from eventnet.scenarios.gaze.reflex import REFLEXES, reflexes
from eventnet.scenarios.shared.parameter_file import loads

SHORT = loads("[run]\nduration_s = 0.15\nmeasured_from_s = 0.05", GazeParameters())


@pytest.mark.parametrize("version", ["thin", "thinnest"])
def test_what_the_camera_sees_of_a_turning_head_has_its_sign_and_size(version: str) -> None:
    p = replace(SHORT, flow=FlowTable(version))
    found = run_reflex(
        replace(p, reflex=replace(p.reflex, alone_gain=0, alone_integral_per_s=0)),
        three_rates(),
        "camera alone, flow sums",
    )
    assert not found.command.any()
    seen, true = found.estimate[80:, :2].mean(axis=0), found.slip[77:-3, :2].mean(axis=0)
    assert np.all(np.abs(true) > 30)  # of the roll, 24 x 20 pixels show little
    assert np.all(np.abs(seen / true - 0.75) < 0.5)


def test_both_engines_and_packets_of_any_length_give_the_same_bytes() -> None:
    p = loads("[run]\nduration_s = 0.05\nmeasured_from_s = 0.01", GazeParameters())
    one = run_reflex(p, three_rates(), "both, flow sums")
    for other in (
        run_reflex(p, three_rates(), "both, flow sums", engine="reference"),
        run_reflex(replace(p, run=replace(p.run, packet_ms=0.7)), three_rates(), "both, flow sums"),
    ):
        assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))
    assert one.estimate.any()


def test_flow_sums_can_be_left_out_and_have_their_versions() -> None:
    assert reflexes(SHORT) == list(REFLEXES)
    assert len(reflexes(replace(SHORT, flow=FlowTable("")))) == 4
    with pytest.raises(ModelError, match="version is 'thick'; wanted one of thinnest, thin, fine; did you mean 'thin"):
        FlowTable("thick")
