"""Section 3.5.2: test errors beside training errors, and at equal ones."""

from __future__ import annotations

from eventnet.scenarios.reproductions.common.report import Row
from eventnet.scenarios.reproductions.larger_network import at_level, row_of


def rows(kind: str, training: list[float], test: float) -> list[Row]:
    return [
        {"network": kind, "width": 9, "seed": seed, "epoch": epoch, "training": value, "test": test + epoch + seed}
        for seed in (1, 2, 3) for epoch, value in enumerate(training, 1)
    ]  # fmt: skip


CURVES = rows("relu", [9.0, 5.0, 1.0], 20.0) + rows("fsgd", [9.0, 8.0, 4.0], 18.0) + rows("sgd", [9.0, 8.0, 6.0], 16.0)


def test_errors_are_compared_at_the_first_epoch_that_fits_as_well() -> None:
    assert at_level(CURVES[:9]) == {1: 23.0, 2: 24.0, 3: 25.0}  # 20 + 2 + seed
    assert at_level(CURVES[-9:]) == {}


def test_a_gap_stands_beside_the_relu_networks_and_says_nothing_of_equal_fit() -> None:
    spiking = row_of(CURVES, "fsgd", 9)
    assert (spiking["training %"], spiking["test %"], spiking["gap"]) == (4.0, 23.0, 19.0)
    assert (spiking["minus partner"], spiking["minus partner, 95%"]) == (-5.0, "-5.00 to -5.00")  # the ReLU's is 24
    assert (spiking["test at 5%"], spiking["minus partner at 5%"]) == (23.0, -1.0)


def test_nothing_is_compared_at_a_fit_that_one_does_not_reach() -> None:
    row = row_of(CURVES, "sgd", 9)
    assert (row["test at 5%"], row["minus partner at 5%"], row["minus partner, 95% at 5%"]) == (None, None, None)
