"""The whole robot, the first one, once more, with a recorder that looks at it."""

from __future__ import annotations

from typing import Any

from eventnet.scenarios.attitude.cases import Case
from eventnet.scenarios.attitude.estimator import AttitudeEstimate, Estimator
from eventnet.scenarios.attitude.gains import GAINS
from eventnet.scenarios.attitude.parameters import AttitudeParameters
from eventnet.scenarios.attitude.rotation import matrices
from eventnet.scenarios.attitude.run import given
from eventnet.scenarios.attitude.stream import FRAME_HEIGHT, FRAME_WIDTH, HEIGHT, STEP_US, WIDTH, simulated
from eventnet.view import RunRecorder, SensorStream, Shown

STREAMS = {
    "gyroscope": SensorStream("rates"), "camera": SensorStream("events", WIDTH, HEIGHT),
    "frames": SensorStream("frames", FRAME_WIDTH, FRAME_HEIGHT),
    "joints": SensorStream("angles"),
}  # fmt: skip
"""The streams that are shown; there is no kind for accelerations."""


def watch_robot(p: AttitudeParameters, recorder: RunRecorder, **options: Any) -> AttitudeEstimate:
    """Look at it; returns what comes out, which is the same as unwatched. options: of the simulation."""
    asked = given(p, Case())
    stream = simulated(asked, 0)
    estimator = Estimator(asked, stream, GAINS[Case()], **options)
    rows = estimator.simulation[estimator.attitude].array("answers")

    def answers(t_us: int) -> dict[str, Any]:
        """The end point as it is and as it was said to be last, metres, and the gyroscope's bias as found, deg/s."""
        row = max(t_us // STEP_US - 1, 0)
        return {"end point": rows[row, 7:10], "true end point": stream.tip[row], "bias": rows[row, 4:7]}

    def pose(t_us: int) -> Any:
        """The attitude as it was said to be last."""
        row = t_us // STEP_US - 1
        return matrices(rows[max(row, 0)][None, :4])[0] if row >= 0 else stream.turn[0]

    recorder.on_clock(estimator.clock, Shown(STREAMS, answers, pose))
    return estimator.run()
