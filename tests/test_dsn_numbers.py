"""Arrays that a Deep Spiking Network cannot compute with are refused."""

from __future__ import annotations

import numpy as np
import pytest
from dsn_cases import problem, small

from eventnet.errors import ModelError
from eventnet.models import DeepSpikingNetwork


def test_inputs_are_checked() -> None:
    x, y = problem()
    dsn = small()
    with pytest.raises(ModelError, match="finite"):
        dsn.fit(np.where(x > 0.9, np.nan, x), y)
    with pytest.raises(ModelError, match=r"\[n, 6\]"):
        dsn.predict(x[:, :3])
    with pytest.raises(ModelError, match="labels go from"):
        dsn.fit(x, y + 3)
    with pytest.raises(ModelError, match="targets have shape"):
        dsn.fit(x, np.zeros((len(x), 3)))
    with pytest.raises(ModelError, match="do not fit an int32"):
        small(dtype="int32", learning_rate=1e-6).predict(x * 1e4)
    with pytest.raises(ModelError, match="columns"):
        DeepSpikingNetwork.from_weights([np.zeros((3, 4)), np.zeros((5, 2))])
