"""Video arrives frame by frame with its times, all of it, or the error names the file and the frame."""

import contextlib
import io
import os
import sys
import wave
from fractions import Fraction

import numpy as np
import pytest

from eventnet.data.video import Frame, VideoInfo, area_average, video_frames, video_info
from eventnet.errors import DataError

av = pytest.importorskip("av", reason="PyAV is not installed")

RATE = 25
TIMES = [40_000 * n for n in range(20)]
FAST = {"movflags": "faststart"}


def pictures(n=20, height=32, width=48, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, 3), np.uint8)


def write(path, frames, codec="png", form="rgb24", options=None, times=None):
    """A video of these frames: [n, height, width, 3] in colour or [n, height, width] in grey."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], form
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for n, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24" if pixels.ndim == 3 else "gray")
            if times is not None:
                frame.pts, frame.time_base = times[n], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def colour(tmp_path_factory):
    """A lossless video of `pictures()`."""
    return write(tmp_path_factory.mktemp("video") / "colour.mov", pictures(), options=FAST)


@pytest.fixture(scope="session")
def clips(shared):
    folder = shared / "data" / "video"
    if not folder.is_dir():
        pytest.skip("no videos in the folder 'shared' beside the repository")
    return folder


# --- frames ----------------------------------------------------------------------------------------------------------
def test_colour_frames_arrive_as_they_were_with_their_times(colour):
    found = list(video_frames(colour, grey=False))
    assert all(isinstance(frame, Frame) and type(frame.t_us) is int for frame in found)
    assert [frame.t_us for frame in found] == TIMES
    assert np.array_equal([frame.pixels for frame in found], pictures())
    assert found[0].pixels.dtype == np.uint8


def test_grey_frames_arrive_as_they_were(tmp_path):
    frames = pictures()[..., 0]
    found = list(video_frames(write(tmp_path / "grey.mkv", frames, "ffv1", "gray")))
    assert np.array_equal([frame.pixels for frame in found], frames)
    assert [frame.t_us for frame in found] == TIMES


def test_colour_becomes_brightness(colour):
    found = np.array([frame.pixels for frame in video_frames(colour)]).astype(float)
    # BT.601's weights; the converter works in steps of one or two levels.
    assert np.abs(found - pictures() @ [0.299, 0.587, 0.114]).max() <= 2


@pytest.mark.parametrize(
    "codec, name", [("mpeg4", "a.mp4"), ("mpeg4", "a.avi"), ("mjpeg", "a.avi"), ("libx264", "a.mkv")]
)
def test_lossy_codecs_give_all_frames_nearly_as_they_were(tmp_path, codec, name):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    ramp = np.stack([np.tile(np.arange(0, 192, 4, dtype=np.uint8) + 3 * n, (32, 1)) for n in range(20)])
    form = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    found = list(video_frames(write(tmp_path / name, np.repeat(ramp[..., None], 3, axis=3), codec, form)))
    assert [frame.t_us for frame in found] == TIMES
    assert np.abs(np.array([frame.pixels for frame in found]).astype(float) - ramp).mean() < 4


def test_times_are_those_of_presentation_even_when_irregular(tmp_path):
    times = [0, 1, 34, 500, 501, 2000]
    path = write(tmp_path / "a.mkv", pictures(6)[..., 0], "ffv1", "gray", times=times)
    assert [frame.t_us for frame in video_frames(path)] == [1000 * t for t in times]


def test_frames_are_the_callers_own(colour):
    first, second = list(video_frames(colour, stop=2))
    first.pixels[:] = 0
    assert second.pixels.any()
    assert next(iter(video_frames(colour))).pixels.any()


@pytest.mark.parametrize(
    "start, stop, step",
    [(0, None, 1), (3, None, 1), (0, 7, 1), (2, 15, 4), (19, None, 5), (0, 0, 1), (0, 99, 6), (25, None, 1), (5, 3, 1)],
)
def test_start_stop_and_step_are_those_of_a_slice(colour, start, stop, step):
    found = [frame.t_us for frame in video_frames(colour, start=start, stop=stop, step=step)]
    assert found == TIMES[start:stop:step]


def test_a_crop_is_cut_out_and_then_averaged(colour):
    crop = (3, 5, 24, 30)
    cut = pictures(20)[:, 3:27, 5:35]
    assert np.array_equal([f.pixels for f in video_frames(colour, grey=False, crop=crop)], cut)
    small = [f.pixels for f in video_frames(colour, grey=False, crop=crop, size=(7, 30))]
    assert np.array_equal(small, [area_average(frame, (7, 30)) for frame in cut])
    assert next(iter(video_frames(colour, crop=(31, 47, 1, 1)))).pixels.shape == (1, 1)


def test_a_file_is_decoded_no_further_than_it_is_read(colour, tmp_path):
    whole = colour.read_bytes()
    (tmp_path / "cut.mov").write_bytes(whole[: len(whole) // 2])
    frames = video_frames(tmp_path / "cut.mov", grey=False)
    assert np.array_equal(next(frames).pixels, pictures()[0])
    frames.close()
    assert len(list(video_frames(tmp_path / "cut.mov", stop=5))) == 5


def test_left_halfway_a_file_is_closed(colour):
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):
        pytest.skip("this system does not list open files")

    def opened():
        return [os.path.realpath(f"{folder}/{name}") for name in os.listdir(folder)].count(os.path.realpath(colour))

    for _ in video_frames(colour):
        break
    frames = video_frames(colour)
    next(frames)
    assert opened() == 1
    frames.close()
    assert opened() == 0


# --- facts -----------------------------------------------------------------------------------------------------------
def test_facts_are_stated_or_counted(colour, tmp_path):
    wanted = VideoInfo(frames=20, height=32, width=48, rate=25.0, duration=0.8)
    assert video_info(colour) == wanted
    assert video_info(write(tmp_path / "a.mkv", pictures()[..., 0], "ffv1", "gray")) == wanted  # states no number


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, wanted, last",
    [
        ("carphone_pristine.mp4", (120, 144, 176, 29.97, 4.0), 3_970_633),
        ("bottle-detection.mp4", (1189, 360, 640, 29.83, 39.85), 39_821_229),
    ],
)
def test_the_clips_have_the_known_facts(clips, name, wanted, last):
    assert video_info(clips / name) == pytest.approx(wanted, abs=0.01)
    n, before = 0, -1
    for frame in video_frames(clips / name):
        assert frame.t_us > before
        assert frame.pixels.shape == wanted[1:3]
        n, before = n + 1, frame.t_us
    assert (n, before) == (wanted[0], last)


# --- what is no whole video ------------------------------------------------------------------------------------------
FORMATS = {
    "png.mov": ("png", "rgb24", FAST),
    "mpeg4.mp4": ("mpeg4", "yuv420p", FAST),
    "late.mp4": ("mpeg4", "yuv420p", {}),
    "mpeg4.avi": ("mpeg4", "yuv420p", {}),
    "ffv1.mkv": ("ffv1", "gray", {}),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_off_anywhere_raises_and_gives_no_wrong_frame(name, tmp_path):
    codec, form, options = FORMATS[name]
    frames = pictures() if form != "gray" else pictures()[..., 0]
    path = write(tmp_path / name, frames, codec, form, options)
    whole, cut = path.read_bytes(), tmp_path / f"cut-{name}"
    clean = [frame.pixels for frame in video_frames(path)]
    # Not the last 2%: containers end with an index that a reader can do without.
    for length in [*range(0, len(whole) * 98 // 100, len(whole) // 25), 1, 10, 100]:
        cut.write_bytes(whole[:length])
        got = []
        with pytest.raises(DataError, match=f"cut-{name}"):
            got.extend(frame.pixels for frame in video_frames(cut))
        assert len(got) < 20
        for kept, pixels in zip(got, clean):
            assert np.array_equal(kept, pixels)


def test_the_error_names_the_frame_where_a_file_breaks_off(colour, tmp_path):
    whole = colour.read_bytes()
    (tmp_path / "cut.mov").write_bytes(whole[: len(whole) // 2])
    good = []
    with pytest.raises(DataError) as caught:
        good.extend(video_frames(tmp_path / "cut.mov"))
    assert f"cut.mov: frame {len(good)} is damaged" in str(caught.value)
    assert 5 < len(good) < 15


def test_matroska_tells_by_its_duration(tmp_path):
    whole = write(tmp_path / "a.mkv", pictures()[..., 0], "ffv1", "gray").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cut\.mkv ends with frame \d+ at 0\.\d+ s, but states 0\.800 s"):
        list(video_frames(tmp_path / "cut.mkv"))
    with pytest.raises(DataError, match=r"cut\.mkv ends with frame"):
        video_info(tmp_path / "cut.mkv")


@pytest.mark.parametrize("seed", range(10))
def test_altered_bytes_raise_or_give_as_many_frames(tmp_path, seed):
    path = write(tmp_path / "a.mp4", pictures(), "mpeg4", "yuv420p", FAST)
    data, rng = bytearray(path.read_bytes()), np.random.default_rng(seed)
    for at in rng.integers(len(data) // 4, len(data), 20):
        data[at] = rng.integers(256)
    path.write_bytes(data)
    found = []
    with contextlib.suppress(DataError):  # and no other error
        found = list(video_frames(path))
    assert len(found) in (0, 20)


def test_frames_of_another_size_than_the_first_are_refused(tmp_path):
    parts = [write(tmp_path / f"{n}.mjpeg", pictures(3, 32, 16 * n), "mjpeg", "yuvj420p").read_bytes() for n in (2, 3)]
    (tmp_path / "both.mjpeg").write_bytes(b"".join(parts))
    with pytest.raises(DataError, match=r"both\.mjpeg: frame 3 has 32x48 pixels; those before have 32x32"):
        list(video_frames(tmp_path / "both.mjpeg"))


def test_time_that_runs_backwards_is_refused(tmp_path):
    path = tmp_path / "back.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=RATE)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "gray"
        for n, pixels in enumerate(pictures(4)[..., 0]):
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, "gray")):
                packet.pts, packet.dts = [5, 7, 6, 8][n], n
                container.mux(packet)
    with pytest.raises(DataError, match=r"back\.mkv: frame 2 is shown at 240,000 us, but the one before at 280,000 us"):
        list(video_frames(path))


def test_a_last_frame_that_is_shown_for_long_is_no_sign_of_a_loss(tmp_path):
    times = [0, 40, 80, 5000]
    path = write(tmp_path / "a.mkv", pictures(4)[..., 0], "ffv1", "gray", times=times)
    assert [frame.t_us for frame in video_frames(path)] == [1000 * t for t in times]


def sound():
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(b"\0" * 16_000)
    return file.getvalue()


@pytest.mark.parametrize("name", ["a.mp4", "a.txt", "a.mkv", "noend"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 5000, np.random.default_rng(0).bytes(5000), b"These are words, and no video.\n" * 99, sound()],
    ids="empty zeros noise text sound".split(),
)
def test_what_is_no_video_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    for read in (lambda path: list(video_frames(path)), video_info):
        with pytest.raises(DataError, match=name):
            read(tmp_path / name)


def test_an_absent_file_a_folder_and_an_address_are_refused_at_once(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*none\.mp4"):
        video_frames(tmp_path / "none.mp4")
    with pytest.raises(DataError, match="it is a folder; wanted a file"):
        video_frames(tmp_path)
    with pytest.raises(DataError, match="there is no file http:"):
        video_info("http://127.0.0.1:1/a.mp4")


def test_a_named_pipe_does_not_hang(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe cannot be read: it is a pipe; wanted a file"):
        video_frames(tmp_path / "pipe")


def test_without_pyav_the_error_says_what_to_install(colour, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    for read in (video_frames, video_info):
        with pytest.raises(DataError, match=r'pip install "eventnet\[video\]"'):
            read(colour)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"start": -1}, "frames -1:None:1 were asked for; wanted start and stop from 0 and step from 1"),
        ({"stop": -1}, "frames 0:-1:1 were"),
        ({"step": 0}, "frames 0:None:0 were"),
        ({"size": (0, 5)}, r"the size is \(0, 5\); wanted \(height, width\), both at least 1"),
        ({"size": (5,)}, r"the size is \(5,\)"),
        ({"crop": (0, 0, 5)}, r"the crop is \(0, 0, 5\); wanted \(top, left, height, width\)"),
        ({"crop": (-1, 0, 5, 5)}, r"the crop is \(-1, 0, 5, 5\)"),
        ({"crop": (0, 0, 0, 5)}, r"the crop is \(0, 0, 0, 5\)"),
    ],
)
def test_options_that_no_video_can_meet_are_refused_at_once(colour, options, message):
    with pytest.raises(DataError, match=message):
        video_frames(colour, **options)


def test_a_crop_or_size_past_the_frame_is_refused(colour):
    with pytest.raises(
        DataError, match=r"colour\.mov: frame 0 has 32x48 pixels; the crop \(0, 1, 32, 48\) reaches past them"
    ):
        list(video_frames(colour, crop=(0, 1, 32, 48)))
    with pytest.raises(
        DataError, match=r"colour\.mov: frame 0: the frame has 32x48 pixels and cannot be averaged to 33x48"
    ):
        list(video_frames(colour, size=(33, 48)))


# --- area averages ---------------------------------------------------------------------------------------------------
def averages(frame, size):
    """Exact means by fractions, pixel by pixel."""
    (height, width), means = frame.shape, np.zeros(size, np.uint8)
    for row, column in np.ndindex(*size):
        top, left = Fraction(row * height, size[0]), Fraction(column * width, size[1])
        bottom, right = top + Fraction(height, size[0]), left + Fraction(width, size[1])
        total = sum(
            max(0, min(bottom, y + 1) - max(top, y)) * max(0, min(right, x + 1) - max(left, x)) * int(frame[y, x])
            for y, x in np.ndindex(*frame.shape)
        )
        means[row, column] = int(total * size[0] * size[1] / (height * width) + Fraction(1, 2))
    return means


@pytest.mark.parametrize(
    "shape, size",
    [
        ((6, 8), (3, 4)),
        ((6, 8), (6, 4)),
        ((7, 9), (3, 4)),
        ((7, 9), (5, 8)),
        ((5, 5), (1, 1)),
        ((9, 2), (4, 2)),
        ((1, 7), (1, 3)),
    ],
)
@pytest.mark.parametrize("levels", [2, 256])
def test_averages_are_those_of_exact_fractions(shape, size, levels):
    frame = np.random.default_rng(0).integers(0, levels, shape).astype(np.uint8) * (255 // (levels - 1))
    assert np.array_equal(area_average(frame, size), averages(frame, size))
    coloured = np.stack([frame, frame[::-1], 255 - frame], axis=2)
    wanted = [averages(coloured[..., channel], size) for channel in range(3)]
    assert np.array_equal(area_average(coloured, size), np.stack(wanted, axis=2))


def test_whole_boxes_are_plain_means_with_halves_up():
    frame = np.random.default_rng(1).integers(0, 256, (360, 640)).astype(np.uint8)
    sums = frame.reshape(72, 5, 128, 5).astype(int).sum(axis=(1, 3))
    assert np.array_equal(area_average(frame, (72, 128)), (2 * sums + 25) // 50)
    assert area_average(np.array([[0, 1]], np.uint8), (1, 1)) == 1


def test_white_stays_white_and_the_same_size_the_same():
    frame = np.full((31, 17), 255, np.uint8)
    assert (area_average(frame, (13, 11)) == 255).all()
    same = area_average(frame, (31, 17))
    assert np.array_equal(same, frame)
    assert not np.shares_memory(same, frame)


@pytest.mark.parametrize(
    "frame, size, message",
    [
        (np.zeros((4, 4)), (2, 2), r"float64 \[4, 4\]; wanted uint8 \[height, width"),
        (np.zeros(4, np.uint8), (2, 2), r"uint8 \[4\]; wanted"),
        (np.zeros((4, 4), np.uint8), (5, 4), "has 4x4 pixels and cannot be averaged to 5x4"),
        (np.zeros((4, 4), np.uint8), (4, 0), "cannot be averaged to 4x0"),
    ],
)
def test_what_cannot_be_averaged_is_refused(frame, size, message):
    with pytest.raises(DataError, match=message):
        area_average(frame, size)
