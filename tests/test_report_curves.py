"""Curves as a report takes them."""

from eventnet.report import Curve, Mark


def test_curves_and_marks_become_plain_numbers() -> None:
    curve = Curve("depth", [1 / 3, 0.1], [1e6 / 3, 2e6], low=[0.3, 0.05])
    assert curve.to_dict() == {
        "name": "depth", "error": [0.333333, 0.1], "adds": [333333.0, 2e6], "events": [], "low": [0.3, 0.05], "high": [],
    }  # fmt: skip
    assert Mark("twin", 3.0, 0.5).to_dict() == {"name": "twin", "adds": 3.0, "error": 0.5}
