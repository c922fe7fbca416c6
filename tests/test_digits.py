"""The embedded digits are the images they are said to be, and become inputs and targets exactly."""

import hashlib

import numpy as np
import pytest

from eventnet.data import Digits, digits, one_hot, scale_pixels
from eventnet.data.digits import DIGITS_FILE
from eventnet.data.make_digits import first_of_each, make_digits
from eventnet.errors import DataError


def test_there_are_200_training_and_100_test_digits_of_each_class():
    found = digits()
    assert np.bincount(found.y_train).tolist() == [200] * 10
    assert np.bincount(found.y_test).tolist() == [100] * 10


def test_the_arrays_have_the_promised_shapes_and_types():
    found = digits()
    assert (found.x_train.shape, found.x_test.shape) == ((2000, 784), (1000, 784))
    assert found.x_train.dtype == found.x_test.dtype == np.uint8
    assert found.y_train.dtype == found.y_test.dtype == np.int64
    assert found.split == "embedded"


def test_the_embedded_digits_are_always_the_same():
    found = digits()
    arrays = (found.x_train, found.y_train, found.x_test, found.y_test)
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    assert digest == "ad99818af7b640ce325ae87ffffff38d23d23e1b508d4697bbfd08644c0110dd"


def test_the_first_digits_are_those_every_mnist_begins_with():
    found = digits()
    assert found.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert found.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_the_file_is_small_enough_to_ship_and_its_licence_lies_beside_it():
    assert DIGITS_FILE.stat().st_size < 600_000
    licence = DIGITS_FILE.with_name("DIGITS-LICENCE.md").read_text("utf-8")
    assert all(words in licence for words in ("CC BY-SA 3.0", "Yann LeCun", "Corinna Cortes"))


def test_each_call_gives_arrays_of_its_own():
    digits().x_train[:] = 0
    assert digits().x_train.any()


@pytest.mark.parametrize("damage", [lambda data: data[:-100], lambda data: b"", lambda data: b"\x80\x04N."])
def test_a_damaged_installation_says_so_and_is_never_unpickled(tmp_path, monkeypatch, damage):
    broken = tmp_path / "digits.npz"
    broken.write_bytes(damage(DIGITS_FILE.read_bytes()))
    monkeypatch.setitem(digits.__globals__, "DIGITS_FILE", broken)
    with pytest.raises(DataError, match=r"digits\.npz cannot be read .* install again"):
        digits()


def test_making_the_file_again_from_mnist_gives_the_same_arrays(shared, tmp_path):
    make_digits(shared / "data" / "mnist", tmp_path / "digits.npz")
    with np.load(tmp_path / "digits.npz") as made, np.load(DIGITS_FILE) as embedded:
        assert sorted(made) == sorted(embedded)
        assert all(np.array_equal(made[name], embedded[name]) for name in made)


def test_the_first_of_each_class_stay_in_file_order():
    labels = np.tile(np.arange(10)[::-1], 3)
    assert first_of_each(labels, 2).tolist() == list(range(20))


def test_a_class_with_too_few_images_is_named():
    with pytest.raises(DataError, match="class 0 has only 1 images; wanted 2"):
        first_of_each(np.arange(10), 2)


def test_digits_whose_arrays_do_not_fit_are_refused():
    x, y = np.zeros((3, 784), np.uint8), np.zeros(3, np.int64)
    with pytest.raises(DataError, match=r"x_test has 3 images, but y_test has the shape \[2\]"):
        Digits(x, y, x, y[:2], "made up")
    with pytest.raises(DataError, match=r"x_train is float64 \[3, 784\]; wanted uint8"):
        Digits(x / 256, y, x, y, "made up")


def test_one_hot_targets_have_a_one_in_the_labels_column():
    assert one_hot([2, 0], classes=3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot(digits().y_test).dtype == np.float32


@pytest.mark.parametrize("labels, message", [([0, 10], "label 1 is 10"), ([-1], "label 0 is -1")])
def test_a_label_out_of_range_has_no_target(labels, message):
    with pytest.raises(DataError, match=f"{message}; wanted labels from 0 to 9"):
        one_hot(labels)


@pytest.mark.parametrize("labels", [[0.0, 1.0], [[0, 1]], ["a"], [True]])
def test_labels_that_are_no_row_of_integers_have_no_targets(labels):
    with pytest.raises(DataError, match=r"wanted integers of shape \[n\]"):
        one_hot(labels)


def test_scaled_pixels_are_exact_256ths():
    pixels = np.arange(256, dtype=np.uint8)
    scaled = scale_pixels(pixels)
    assert scaled.dtype == np.float32
    assert (scaled * 256).tolist() == pixels.tolist()


def test_pixels_are_not_scaled_twice():
    with pytest.raises(DataError, match="float32; wanted uint8"):
        scale_pixels(scale_pixels(digits().x_test))
