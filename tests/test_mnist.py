"""Full MNIST is found in a folder, in the cache or at a mirror, and is whole, or the error says what to do."""

import http.server
import struct
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pooch
import pytest

from eventnet.data import mnist
from eventnet.data.mnist import SHA256, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from eventnet.errors import DataError


def write_blank(folder, name, *shape):
    """An unpacked IDX file of zeros; a sparse file, so that 47 MB cost nothing."""
    header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    with (folder / name.removesuffix(".gz")).open("wb") as file:
        file.write(header)
        file.truncate(len(header) + int(np.prod(shape)))


@pytest.fixture
def blank(tmp_path):
    write_blank(tmp_path, TRAIN_IMAGES, 60_000, 28, 28)
    write_blank(tmp_path, TRAIN_LABELS, 60_000)
    write_blank(tmp_path, TEST_IMAGES, 10_000, 28, 28)
    write_blank(tmp_path, TEST_LABELS, 10_000)
    return tmp_path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    return tmp_path / "eventnet" / "mnist"


@pytest.fixture
def serve(monkeypatch):
    """Let one mirror that has no files, and one that serves a folder, stand for the public ones."""
    servers = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    def serve(folder):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        url = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setitem(mnist.__globals__, "MIRRORS", (f"{url}absent/", url))

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_the_official_split_has_the_known_facts(shared):
    found = mnist(shared / "data" / "mnist", split="official")
    assert (found.x_train.shape, found.x_test.shape) == ((60_000, 784), (10_000, 784))
    assert np.bincount(found.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # By whole numbers, from a histogram: the facts are given to five places.
    counts, levels = np.bincount(found.x_train.ravel(), minlength=256), np.arange(256) / 255
    mean = float(counts @ levels) / counts.sum()
    assert round(mean, 5) == 0.13066
    assert round(float(counts @ (levels - mean) ** 2 / counts.sum()) ** 0.5, 5) == 0.30811


def test_the_authors_split_cuts_the_training_images_at_50000(shared):
    author = mnist(shared / "data" / "mnist", split="author")
    official = mnist(shared / "data" / "mnist", split="official")
    assert (len(author.y_train), len(author.y_test), author.split) == (50_000, 10_000, "author")
    assert np.array_equal(np.concatenate([author.y_train, author.y_test]), official.y_train)
    assert np.array_equal(author.x_test, official.x_train[50_000:])


def test_the_files_are_known_by_their_checksums(shared):
    listed = (shared / "data" / "SHA256SUMS").read_text().split()
    sums = {Path(name).name: digest for digest, name in zip(listed[::2], listed[1::2])}
    assert {name: sums[name] for name in SHA256} == SHA256


def test_unpacked_files_will_do(blank):
    found = mnist(blank, split="official")
    assert repr(found) == "<Digits 'official': 60,000 for training, 10,000 for testing>"


def test_the_authors_split_needs_no_test_files(blank):
    for name in (TEST_IMAGES, TEST_LABELS):
        (blank / name.removesuffix(".gz")).unlink()
    assert len(mnist(blank, split="author").y_test) == 10_000


def test_an_unknown_split_is_refused():
    with pytest.raises(DataError, match="unknown split 'odd' of MNIST; wanted one of 'author', 'official'"):
        mnist(split="odd")


def test_a_named_folder_without_the_files_is_never_filled(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "retrieve", lambda *args, **options: pytest.fail("went to the network"))
    with pytest.raises(DataError) as caught:
        mnist(tmp_path)
    assert all(words in str(caught.value) for words in (*SHA256, str(tmp_path), "--data FOLDER", "four files"))
    assert list(tmp_path.iterdir()) == []


def test_a_set_of_another_size_is_not_mnist(blank):
    write_blank(blank, TRAIN_IMAGES, 60_000, 27, 28)
    with pytest.raises(DataError, match=r"shape \[60000, 27, 28\]; wanted \[60000, 28, 28\]"):
        mnist(blank)


def test_labels_must_be_as_many_as_images(blank):
    write_blank(blank, TEST_LABELS, 9_999)
    with pytest.raises(DataError, match="holds 9,999 labels; wanted 10,000"):
        mnist(blank, split="official")


def test_without_network_the_error_says_what_to_do(cache, monkeypatch):
    def refuse(*args, **options):
        raise ConnectionError("no network")

    monkeypatch.setattr(pooch, "retrieve", refuse)
    with pytest.raises(DataError, match=r"could not be downloaded \(https://.*: ConnectionError; .*\)") as caught:
        mnist()
    assert all(words in str(caught.value) for words in (*SHA256, str(cache), "--data FOLDER"))


def test_without_leave_to_download_an_empty_cache_is_an_error(cache, monkeypatch):
    monkeypatch.setattr(pooch, "retrieve", lambda *args, **options: pytest.fail("went to the network"))
    with pytest.raises(DataError, match=f"{cache} has no {TRAIN_IMAGES}"):
        mnist(download=False)


def test_a_mirror_fills_the_cache_once_when_the_one_before_it_fails(shared, cache, serve, monkeypatch):
    serve(shared / "data" / "mnist")
    assert len(mnist(split="official").y_train) == 60_000
    assert sorted(path.name for path in cache.iterdir()) == sorted(SHA256)
    monkeypatch.setitem(mnist.__globals__, "MIRRORS", ("http://127.0.0.1:1/",))  # nobody answers there
    assert len(mnist(split="official").y_train) == 60_000


def test_a_download_with_another_checksum_is_thrown_away(tmp_path, cache, serve):
    served = tmp_path / "served"
    served.mkdir()
    (served / TRAIN_IMAGES).write_bytes(b"something else")
    serve(served)
    with pytest.raises(DataError, match=r"absent/: HTTPError; .*: its SHA-256 differs\)"):
        mnist()
    assert list(cache.glob("*")) == []
