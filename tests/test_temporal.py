"""The temporal order goes from each sample to the nearest that waits, and a kept order is used only if it is whole."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pooch
import pytest
from pace import slower

from eventnet.data import digits, mnist
from eventnet.data.temporal import MAX_BYTES_WIDE, nearest, nearest_compiled, temporal, temporal_mnist, temporal_order
from eventnet.errors import DataError

GOLDEN = json.loads((Path(__file__).parent / "golden" / "e_temporalize.json").read_text("utf-8"))
TYPES = [np.uint8, np.float32, np.float64]


def walk(x, buffer, distance=lambda a, b: np.abs(a - b).sum()):
    """The meaning again, in other words: a list of waiting samples, and Python's own `min`, which takes the first."""
    x = np.asarray(x, float)
    waiting, unseen, order = list(range(1, len(x)))[:buffer], list(range(1, len(x)))[buffer:], [0]
    while waiting:
        slot = min(range(len(waiting)), key=lambda slot: distance(x[order[-1]], x[waiting[slot]]))
        order.append(waiting[slot])
        waiting[slot : slot + 1] = [unseen.pop(0)] if unseen else []
    return order


def some(n=120, values=7, dtype=np.uint8, levels=256, seed=0):
    """Whole numbers, so that every sum is exact in every type."""
    return np.random.default_rng(seed).integers(0, levels, (n, values)).astype(dtype)


def mean_distance(x):
    """Mean L1 distance of neighbours, pixels from 0 to 1."""
    return np.mean([np.abs(a.astype(float) - b).sum() / 255 for a, b in zip(x, x[1:])])


@pytest.mark.parametrize(
    "case", [case for case in GOLDEN if case["distance"] == "L1"], ids=lambda case: f"d{case['d']}"
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_authors_orders_are_met(case, dtype):
    order = temporal_order(np.array(case["x"], dtype), buffer=case["smoothing_steps"])
    assert order.dtype == np.int64
    assert order.tolist() == case["order"]


@pytest.mark.parametrize(
    "case", [case for case in GOLDEN if case["distance"] == "L2"], ids=lambda case: f"d{case['d']}"
)
def test_the_oracle_meets_the_authors_variant_by_l2_distance_too(case):
    assert walk(case["x"], case["smoothing_steps"], lambda a, b: ((a - b) ** 2).sum()) == case["order"]


@pytest.mark.parametrize("buffer", [1, 2, 10, 118, 119, 120, 1000])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("levels", [2, 256])
def test_orders_are_those_of_the_oracle(buffer, dtype, levels):
    x = some(dtype=dtype, levels=levels)
    order = temporal_order(x, buffer=buffer)
    assert order.tolist() == walk(x, buffer)
    assert order[0] == 0
    assert sorted(order) == list(range(len(x)))


@pytest.mark.parametrize("dtype", [np.int16, np.int64, bool, np.float16, ">f4", ">i4"])
def test_other_number_types_are_taken_too(dtype):
    x = some(levels=2).astype(dtype)
    assert temporal_order(x, buffer=10).tolist() == walk(x, 10)


def test_lists_transposed_and_read_only_arrays_are_taken_too():
    x = some()
    frozen = np.asfortranarray(x)
    frozen.setflags(write=False)
    assert temporal_order(frozen, buffer=10).tolist() == temporal_order(x.tolist(), buffer=10).tolist() == walk(x, 10)


@pytest.mark.parametrize("dtype", TYPES)
def test_the_compiled_search_agrees_with_its_meaning_to_the_bit(dtype):
    rng = np.random.default_rng(1)
    pool, current = (rng.random((300, 77)) * 255).astype(dtype), (rng.random(300) * 255).astype(dtype)
    plain, compiled = (np.zeros(77, np.int32 if dtype == np.uint8 else dtype) for _ in range(2))
    assert nearest(pool, current, plain) == nearest_compiled(pool, current, compiled)
    assert plain.tobytes() == compiled.tobytes()
    assert np.allclose(plain, np.abs(pool.astype(float) - current[:, None]).sum(axis=0), rtol=1e-5)  # float32's sums


def test_a_buffer_of_one_keeps_the_order():
    assert temporal_order(some(), buffer=1).tolist() == list(range(120))


def test_of_equal_samples_the_first_slot_goes_first():
    # Slots [1, 2, 3]: 1 goes and 4 takes its slot, so 4 stands before 2 and goes next, as does 5.
    assert temporal_order(np.zeros((6, 2)), buffer=3).tolist() == [0, 1, 4, 5, 2, 3]


def test_distances_past_the_largest_number_still_choose():
    assert temporal_order(np.array([[3e38, 3e38], [-3e38, 3e38], [3e38, -3e38]], np.float32)).tolist() == [0, 1, 2]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_smallest_sets(n):
    assert temporal_order(np.zeros((n, 3), np.uint8)).tolist() == list(range(n))


def test_samples_without_values_are_all_alike():
    assert temporal_order(np.zeros((4, 0)), buffer=9).tolist() == [0, 1, 2, 3]


def test_the_number_samples_placed_is_told(capsys):
    told = []
    temporal_order(np.zeros((2500, 1), np.uint8), buffer=3, progress=lambda placed, n: told.append((placed, n)))
    assert told == [(1000, 2500), (2000, 2500), (2500, 2500)]
    temporal_order(np.zeros((5, 1), np.uint8), progress=True)
    assert capsys.readouterr() == ("", "\r5 of 5 samples in order\n")


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros(3), r"float64 \[3\]; wanted numbers \[n, n_values\]"),
        (np.zeros((2, 2, 2)), r"float64 \[2, 2, 2\]; wanted"),
        (np.zeros((2, 2), complex), r"complex128 \[2, 2\]; wanted"),
        ([["a"], ["b"]], r"<U1 \[2, 1\]; wanted"),
        ([[0.0], [1.0], [np.nan]], "sample 2 holds a value that is not finite"),
        ([[np.inf]], "sample 0 holds a value that is not finite"),
        (np.zeros((0, MAX_BYTES_WIDE + 1), np.uint8), "have 8,421,505 bytes; wanted at most 8,421,504"),
    ],
)
def test_what_has_no_distances_is_refused(x, message):
    with pytest.raises(DataError, match=message):
        temporal_order(x)


@pytest.mark.parametrize("buffer", [0, -1, 2.0, True, "9", None])
def test_a_buffer_that_is_no_number_of_samples_is_refused(buffer, tmp_path):
    for order in (
        lambda: temporal_order(some(), buffer=buffer),
        lambda: temporal(digits(), buffer=buffer, cache=tmp_path),
    ):
        with pytest.raises(DataError, match="the buffer is .*; wanted a whole number of samples, at least 1"):
            order()


@pytest.mark.slow
def test_without_the_compiler_the_order_is_the_same():
    program = (
        "import numpy as np; from eventnet.data.temporal import temporal_order\n"
        "x = np.random.default_rng(0).random((60, 5), np.float32); print(*temporal_order(x, buffer=8))"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    x = np.random.default_rng(0).random((60, 5), np.float32)
    assert [int(index) for index in done.stdout.split()] == temporal_order(x, buffer=8).tolist()


# --- digits, and orders kept on disk ---------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def ordered():
    """The embedded digits with a buffer of 100, by the oracle's other road: no cache, sets ordered by hand."""
    data = digits()
    return temporal_order(data.x_train, buffer=100), temporal_order(data.x_test, buffer=100)


def test_digits_keep_their_labels_and_each_set_is_ordered_for_itself(ordered, tmp_path):
    data, found = digits(), temporal(digits(), buffer=100, cache=tmp_path)
    assert found.split == "temporal embedded"
    for x, y, x_found, y_found, order in (
        (data.x_train, data.y_train, found.x_train, found.y_train, ordered[0]),
        (data.x_test, data.y_test, found.x_test, found.y_test, ordered[1]),
    ):
        assert np.array_equal(x_found, x[order])
        assert np.array_equal(y_found, y[order])


def test_neighbours_are_closer_than_in_file_order_or_shuffled(tmp_path):
    data, found = digits(), temporal(digits(), cache=tmp_path)
    shuffled = np.random.default_rng(0).permutation(data.x_train)
    assert mean_distance(found.x_train) < 0.6 * min(mean_distance(shuffled), mean_distance(data.x_train))
    assert mean_distance(found.x_test) < 0.6 * mean_distance(data.x_test)
    assert np.mean(found.y_train[1:] == found.y_train[:-1]) > 0.7


def test_an_order_is_made_once(tmp_path, monkeypatch):
    first = temporal(digits(), buffer=100, cache=tmp_path / "new" / "folder")
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 2
    monkeypatch.setitem(temporal.__globals__, "temporal_order", lambda *args, **options: pytest.fail("made it again"))
    again = temporal(digits(), buffer=100, cache=tmp_path / "new" / "folder")
    assert np.array_equal(first.x_train, again.x_train)
    assert np.array_equal(first.y_test, again.y_test)


def test_another_buffer_or_other_images_have_an_order_of_their_own(ordered, tmp_path):
    data = digits()
    temporal(data, buffer=100, cache=tmp_path)
    assert not np.array_equal(temporal(data, buffer=99, cache=tmp_path).x_train, data.x_train[ordered[0]])
    data.x_train[5, 400] ^= 1
    temporal(data, buffer=100, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2 + 2 + 1


def test_without_a_folder_orders_stand_with_the_downloads(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    temporal(digits(), buffer=100)
    names = [path.name for path in (tmp_path / "eventnet" / "mnist").iterdir()]
    assert [(name[:9], name[73:]) for name in names] == [("temporal-", ".order")] * 2


def kept(order, dtype="<i8"):
    """The bytes of a kept order whose digest is right, whatever it says."""
    numbers = np.asarray(order).astype(dtype).tobytes()
    return numbers + hashlib.sha256(numbers).digest()


def swapped(order, a, b):
    changed = order.copy()
    changed[[a, b]] = changed[[b, a]]
    return changed


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole, order: b"",
        lambda whole, order: b"\0" * 32,
        lambda whole, order: whole[:-1],
        lambda whole, order: whole[: len(whole) // 2],
        lambda whole, order: whole + b"\0",
        lambda whole, order: b"\0" * len(whole),
        lambda whole, order: kept(swapped(order, 5, 6))[:-32] + whole[-32:],
        lambda whole, order: kept(np.zeros_like(order)),
        lambda whole, order: kept(order + 1),
        lambda whole, order: kept(-order),
        lambda whole, order: kept(swapped(order, 0, 1)),
        lambda whole, order: kept(order, "<i4"),
        lambda whole, order: kept(order, "<f8"),
        lambda whole, order: kept(order[:-1]),
    ],
    ids="empty digest cut half long zeros flipped same shifted negative first int32 float short".split(),
)
def test_a_damaged_order_is_made_anew_and_mended(damage, ordered, tmp_path):
    data = digits()
    temporal(data, buffer=100, cache=tmp_path)
    paths = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for path, whole in paths.items():
        path.write_bytes(damage(whole, np.frombuffer(whole[:-32], "<i8")))
    found = temporal(data, buffer=100, cache=tmp_path)
    assert np.array_equal(found.x_train, data.x_train[ordered[0]])
    assert np.array_equal(found.x_test, data.x_test[ordered[1]])
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == paths


def test_a_cache_that_cannot_be_written_costs_only_time(ordered, tmp_path):
    (tmp_path / "file").write_bytes(b"not a folder")
    assert np.array_equal(temporal(digits(), buffer=100, cache=tmp_path / "file").x_test, digits().x_test[ordered[1]])
    assert (tmp_path / "file").read_bytes() == b"not a folder"


def test_a_failed_write_leaves_nothing_beside(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("no room")

    monkeypatch.setattr(os, "replace", refuse)
    temporal(digits(), buffer=100, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_mnist_that_is_absent_is_an_error(tmp_path):
    with pytest.raises(DataError, match="has no train-images"):
        temporal_mnist(tmp_path, cache=tmp_path)


# --- full MNIST ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def mnist_folder(shared):
    folder = shared / "data" / "mnist"
    if not folder.is_dir():
        pytest.skip("no MNIST in the folder 'shared' beside the repository")
    return folder


@pytest.mark.slow
def test_neighbours_in_temporal_mnist_are_as_near_as_measured(mnist_folder, tmp_path):
    plain, found = mnist(mnist_folder), temporal_mnist(mnist_folder, cache=tmp_path)
    # The numbers are rounded to a tenth.
    assert mean_distance(plain.x_train) == pytest.approx(132.1, abs=0.1)
    assert mean_distance(found.x_train) == pytest.approx(58.5, abs=0.1)
    assert mean_distance(plain.x_test) == pytest.approx(126.7, abs=0.1)
    assert mean_distance(found.x_test) == pytest.approx(56.0, abs=0.1)
    assert np.bincount(found.y_train).tolist() == np.bincount(plain.y_train).tolist()
    assert found.split == "temporal official"


@pytest.mark.slow
def test_full_mnist_is_ordered_within_15_seconds(mnist_folder):
    x = mnist(mnist_folder).x_train
    temporal_order(x[:3])  # compiled before the clock starts
    start = time.process_time()
    temporal_order(x)
    assert time.process_time() - start < 15 * slower()


@pytest.mark.slow
def test_3000_images_of_mnist_are_ordered_as_the_oracle_does(mnist_folder):
    x = mnist(mnist_folder).x_train[:3000].astype(np.int32)

    def by_numpy():
        waiting, unseen, order = list(range(1, 1001)), list(range(1001, 3000)), [0]
        while waiting:
            slot = int(np.abs(x[waiting] - x[order[-1]]).sum(axis=1).argmin())
            order.append(waiting[slot])
            waiting[slot : slot + 1] = [unseen.pop(0)] if unseen else []
        return order

    assert temporal_order(x.astype(np.uint8)).tolist() == by_numpy()
