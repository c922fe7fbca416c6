"""Digits of an event camera come from their archive without touching the disk."""

from __future__ import annotations

import io
import lzma
import random
import tarfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from io_cases import pixel_events, random_events, same

from eventnet.data import nmnist as load
from eventnet.data.nmnist import NMNIST_FILE, SHA256
from eventnet.errors import DataError
from eventnet.event import Events

nmnist = partial(load, pinned=False)
ONE, TWO = random_events(20, 34, 34, seed=1), random_events(30, 34, 34, seed=2)


def encode(events: Events) -> bytes:
    return b"".join(bytes([x, y]) + (p << 23 | t).to_bytes(3, "big") for t, x, y, p in events.tolist())


MEMBERS = {
    "train1K.txt": b"#sample #class\r\n2\t7\r\n1\t0\r\n",
    "test100.txt": b"#sample #class\n60001 3\n",
    "1.bs2": encode(ONE),
    "2.bs2": encode(TWO),
    "60001.bs2": encode(ONE),
    "../2.bs2": b"elsewhere",
}


def archive(**changes: bytes | None) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        for name, content in {**MEMBERS, **{key.replace("_", "."): value for key, value in changes.items()}}.items():
            if content is not None:
                member = tarfile.TarInfo(f"NMNISTsmall/{name}")
                member.size = len(content)
                made.addfile(member, io.BytesIO(content))
    return lzma.compress(file.getvalue())


def write(folder: Path, data: bytes) -> Path:
    (folder / NMNIST_FILE).write_bytes(data)
    return folder


def test_samples_come_in_the_order_of_their_lists(tmp_path: Path) -> None:
    found = nmnist(write(tmp_path, archive()))
    assert [same(a, b) for a, b in zip(found.train, (TWO, ONE), strict=True)] == [True, True]
    assert found.train_labels.tolist() == [7, 0]
    assert len(found.test) == 1
    assert found.test_labels.tolist() == [3]
    assert [path.name for path in tmp_path.iterdir()] == [NMNIST_FILE]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"1_bs2": None}, "NMNISTsmall/1.bs2 is absent; wanted events of 5 bytes"),
        ({"1_bs2": b"123456"}, "NMNISTsmall/1.bs2 has 6 bytes"),
        ({"1_bs2": bytes([34, 0, 0, 0, 0])}, "has events out of 34x34 pixels or out of order"),
        ({"1_bs2": encode(pixel_events([(5, 1, 1, 1), (4, 1, 1, 1)]))}, "out of order"),
        ({"1_bs2": bytes(2 << 20)}, "declares 2,097,152 bytes; it may have at most 1,048,576"),
        ({"test100_txt": None}, "NMNISTsmall/test100.txt is absent or damaged"),
        ({"train1K_txt": b"1 10\n"}, "NMNISTsmall/train1K.txt is absent or damaged"),
        ({"train1K_txt": b"#sample #class\n"}, "NMNISTsmall/train1K.txt is absent or damaged"),
    ],
)
def test_what_is_wrong_in_the_archive_is_named(tmp_path: Path, changes: dict[str, bytes | None], text: str) -> None:
    with pytest.raises(DataError, match=text):
        nmnist(write(tmp_path, archive(**changes)))


def test_an_absent_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"there is no file .*{NMNIST_FILE}"):
        nmnist(tmp_path)


def test_a_damaged_archive_is_read_or_refused(tmp_path: Path) -> None:
    data, rng = archive(), random.Random(0)
    for _ in range(150):
        made = bytearray(data)
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
        with suppress(DataError):
            nmnist(write(tmp_path, bytes(made[: rng.randint(len(made) // 2, len(made))])))


@pytest.mark.slow
def test_the_published_samples_have_their_published_facts(shared: Path) -> None:
    found = load(shared / "data" / "nmnist")
    samples = [*found.train, *found.test]
    assert (len(found.train), len(found.test)) == (1_000, 100)
    assert (len(found.train_labels), len(found.test_labels)) == (1_000, 100)
    assert round(sum(map(len, samples)) / 1e6, 2) == 4.52
    assert round(np.mean([len(sample) for sample in found.train])) == 4_133
    assert round(np.mean([np.mean(sample["p"]) for sample in found.train]), 3) == 0.5
    assert round(np.mean([sample["t"][-1] for sample in samples]) / 1000) == 308


def test_another_archive_than_the_pinned_one_is_refused_unless_it_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"has the SHA-256 [0-9a-f]{{64}}; wanted {SHA256}: .*pinned=False"):
        load(write(tmp_path, archive()))
    with pytest.raises(DataError, match="there is no file"):
        load(tmp_path / "nowhere")


def test_the_pin_is_that_of_the_shared_file(shared: Path) -> None:
    lines = (shared / "data" / "SHA256SUMS").read_text().splitlines()
    assert f"{SHA256}  ./nmnist/{NMNIST_FILE}" in lines
