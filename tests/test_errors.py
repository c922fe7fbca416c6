"""What was meant by a name that there is not."""

from __future__ import annotations

from eventnet.errors import did_you_mean


def test_the_same_quantity_in_another_unit_comes_before_a_like_spelling() -> None:
    known = ["delay_us", "relay_ms"]
    assert did_you_mean("delay_ms", known) == "; here it is 'delay_us' (mind the unit)"


def test_a_like_spelling_is_named_and_else_all_there_is() -> None:
    assert did_you_mean("relay", ["delay_us", "relay_ms"]) == "; did you mean 'relay_ms'?"
    assert did_you_mean("q", ["delay_us", "relay_ms"]) == "; there are delay_us, relay_ms"
