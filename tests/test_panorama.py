"""A panorama is the same picture whichever face of the cube it is seen through."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.scenarios.sensors import lin_log
from eventnet.scenarios.worlds import Panorama
from eventnet.scenarios.worlds.panorama import direction


def test_a_random_panorama_has_its_mean_and_spread_whatever_the_part_of_edges() -> None:
    for edges in (0.0, 0.5, 1.0):
        inner = Panorama.random(size=64, seed=2, log_std=0.4, log_mean=-1.2, edges=edges).faces[:, 1:-1, 1:-1]
        assert inner.mean() == pytest.approx(-1.2, abs=1e-3)
        assert inner.std() == pytest.approx(0.4, rel=1e-3)


def test_edges_are_sharp_and_clouds_are_smooth() -> None:
    def largest_step(edges: float) -> float:
        return float(np.abs(np.diff(Panorama.random(size=128, edges=edges).faces, axis=1)).max())

    assert largest_step(1.0) > 0.5
    assert largest_step(0.0) < 0.3


def test_clouds_have_half_the_amplitude_at_twice_the_frequency() -> None:
    """Power in octaves of rows and columns of faces: amplitude 1 / f is power 1 / f^2 in two dimensions."""
    power = 0.0
    for seed in range(6):
        inner = Panorama.random(size=128, seed=seed, edges=0.0).faces[:, 1:-1, 1:-1]
        window = np.hanning(128)[:, None] * np.hanning(128)
        power = power + (np.abs(np.fft.fft2((inner - inner.mean()) * window)) ** 2).mean(axis=0)
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128))) * 128
    bands = [power[(radius >= low) & (radius < 2 * low)].sum() for low in (4, 8, 16)]
    ratios = np.array(bands[1:]) / bands[:-1]
    assert ((ratios > 0.1) & (ratios < 0.5)).all()  # 1/4 for each octave of value noise


def test_seeds_differ_and_repeat() -> None:
    a, b, c = (Panorama.random(size=32, seed=seed).faces.tobytes() for seed in (1, 1, 2))
    assert a == b
    assert a != c


def test_faces_meet_without_a_seam() -> None:
    """The texels beyond a face's edge are what the next face shows there."""
    faces = Panorama.random(size=64, seed=1, edges=0.0).faces
    for face in range(6):
        for row, column in ((0, 20), (65, 20), (20, 0), (20, 65)):
            x, y, z = direction(face, row, column, 64)
            axis = int(np.argmax(np.abs([x, y, z])))
            other = 2 * axis + (0 if (x, y, z)[axis] > 0 else 1)
            rest = [value / abs((x, y, z)[axis]) for k, value in enumerate((x, y, z)) if k != axis]
            i, j = (round((value + 1) * 32 + 0.5) for value in rest)
            assert other // 2 != face // 2
            assert faces[other, j, i] == pytest.approx(faces[face, row, column], abs=0.12)  # nearest texel


def test_a_picture_is_wrapped_around_with_its_middle_ahead() -> None:
    across = np.repeat(np.linspace(0.2, 1, 90)[None], 45, axis=0)
    faces = Panorama.from_picture(across, size=32).faces
    ahead, right, left = faces[4, 16:18, 16:18].mean(), faces[0, 16:18, 16:18].mean(), faces[1, 16:18, 16:18].mean()
    wanted = [math.log(0.2 + 0.8 * part) for part in (0.5, 0.75, 0.25)]
    assert [ahead, right, left] == pytest.approx(wanted, abs=0.02)
    down = Panorama.from_picture(across.T, size=32).faces
    assert down[3, 16, 16] == pytest.approx(math.log(0.2), abs=0.05)  # up is the first row
    assert down[2, 16, 16] == pytest.approx(0, abs=0.05)


def test_a_picture_comes_from_a_file_and_colours_become_grey(tmp_path: Path) -> None:
    from matplotlib.image import imsave

    path, colour = tmp_path / "sky.png", np.zeros((8, 16, 3), np.uint8)
    colour[..., 1] = 255
    imsave(path, colour)
    assert Panorama.from_picture(path, size=8).faces == pytest.approx(float(lin_log(np.array([0.587]))[0]), abs=1e-4)
    assert Panorama.from_picture(colour, size=8).faces == pytest.approx(math.log(0.587), abs=1e-4)


def test_what_is_no_panorama_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    for name, says in (("a.png", "a.png cannot be read as a picture"), ("b.png", "there is no file .*b.png")):
        with pytest.raises(DataError, match=says):
            Panorama.from_picture(tmp_path / name)
    with pytest.raises(ModelError, match=r"wanted \[6, size"):
        Panorama(np.zeros((6, 4, 5), np.float32))
    with pytest.raises(ModelError, match=r"the picture has shape \[5\]"):
        Panorama.from_picture(np.zeros(5))
    with pytest.raises(ModelError, match="edges 2"):
        Panorama.random(edges=2)
