"""What samples of an inertial sensor amount to."""

import json

import numpy as np

from eventnet.io import INERTIAL
from eventnet.io.inertial import summary


def test_means_and_distances_of_samples() -> None:
    samples = np.zeros(3, INERTIAL)
    samples["t"] = 0, 400, 900
    samples["gyroscope"][:, 2] = 1, 2, 6
    samples["acceleration"] = [3, 4, 0]
    samples["temperature"] = 20
    assert json.loads(json.dumps(summary(samples))) == {
        "samples": 3,
        "between samples (us)": [400, 500],
        "mean rotation (deg/s)": [0, 0, 3],
        "mean acceleration (g)": 5,
        "mean temperature (C)": 20,
    }


def test_one_sample_has_no_distance_and_none_have_no_means() -> None:
    assert summary(np.zeros(1, INERTIAL))["between samples (us)"] is None
    assert summary(np.zeros(0, INERTIAL)) == {"samples": 0}
