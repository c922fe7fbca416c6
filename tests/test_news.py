"""Posts come from the archive in a known order without touching the disk, and words are counted by one plain rule."""

import io
import lzma
import tarfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventnet.data import news, word_counts, words_of
from eventnet.data.news import MAX_BYTES, MAX_POST_BYTES, NEWS_FILE
from eventnet.errors import DataError

POSTS = {
    "test/sci.med/3": "Subject: x\n\nfever",
    "train/sci.med/2": "Subject: y\n\nfever and cough",
    "train/sci.electronics/9": "Subject: z\n\ndiode",
    "train/sci.electronics/10": "Subject: z\n\nna\xefve diode",
    "test/sci.electronics/4": "Subject: z\n\nrelay",
}


def tar_of(posts):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, text in posts.items():
            member = tarfile.TarInfo(f"20news-bydate/20news-bydate-{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode("latin-1")))
    return file.getvalue()


def write(folder, data):
    (folder / NEWS_FILE).write_bytes(data)
    return folder


def test_posts_are_sorted_by_path_and_labelled_by_group(tmp_path):
    found = news(write(tmp_path, lzma.compress(tar_of(POSTS))))
    assert found.groups == ("sci.electronics", "sci.med")
    assert [text.split("\n\n")[1] for text in found.train_texts] == ["na\xefve diode", "diode", "fever and cough"]
    assert found.train_labels.tolist() == [0, 0, 1]
    assert found.test_labels.tolist() == [0, 1]
    assert found.test_labels.dtype == np.int64


def test_the_order_in_the_archive_does_not_matter(tmp_path):
    first = news(write(tmp_path, lzma.compress(tar_of(POSTS))))
    again = news(write(tmp_path, lzma.compress(tar_of(dict(reversed(POSTS.items()))))))
    assert first.train_texts == again.train_texts


def test_words_of_headers_count_where_they_are_asked_for():
    text = "Subject: Cold fever\n\nfever"
    assert (words_of(text), words_of(text, headers=True)) == (["fever"], ["subject", "cold", "fever", "fever"])
    found = [word_counts([text], ["Subject: x\n\nfever"], headers=headers) for headers in (False, True)]
    assert [counts.vocabulary for counts in found] == [("fever",), ("fever", "cold", "subject")]
    assert [counts.test.tolist() for counts in found] == [[[1]], [[1, 0, 1]]]


def test_nothing_is_extracted(tmp_path):
    news(write(tmp_path, lzma.compress(tar_of(POSTS))))
    assert [path.name for path in tmp_path.iterdir()] == [NEWS_FILE]


def test_members_elsewhere_in_the_archive_are_passed_over(tmp_path):
    posts = POSTS | {"train/../../../etc/passwd": "a", "train/sci.med/old/5": "b", "other/sci.med/6": "c"}
    assert len(news(write(tmp_path, lzma.compress(tar_of(posts)))).train_texts) == 3


def test_the_true_archive_has_the_known_facts(shared):
    found = news(shared / "data" / "news")
    assert found.groups == ("sci.electronics", "sci.med")
    assert np.bincount(found.train_labels).tolist() == [591, 594]
    assert np.bincount(found.test_labels).tolist() == [393, 396]
    assert len(found.train_texts) == 1185
    assert len(found.test_texts) == 789


@pytest.mark.slow
def test_the_true_archives_words_are_counted(shared):
    found = news(shared / "data" / "news")
    counts = word_counts(found.train_texts, found.test_texts)
    assert (counts.train.shape, counts.test.shape) == ((1185, 2000), (789, 2000))
    assert counts.vocabulary[:4] == ("the", "to", "of", "and")
    totals = counts.train.sum(0)
    assert (np.diff(totals) <= 0).all()
    assert totals.sum() == 205984


def test_an_absent_archive_is_named(tmp_path):
    with pytest.raises(DataError, match=f"there is no file .*{NEWS_FILE}"):
        news(tmp_path)


def test_a_file_that_is_not_xz_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"not a sound \.xz file"):
        news(write(tmp_path, tar_of(POSTS)))


def test_a_truncated_archive_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"truncated \.xz file"):
        news(write(tmp_path, lzma.compress(tar_of(POSTS))[:-20]))


def test_an_archive_that_is_not_tar_is_refused(tmp_path):
    with pytest.raises(DataError, match="damaged tar archive"):
        news(write(tmp_path, lzma.compress(b"no archive" * 100)))


def test_a_header_with_an_impossible_size_is_refused(tmp_path):
    header = tarfile.TarInfo("20news-bydate/20news-bydate-train/sci.med/1")
    header.size = 1 << 80
    damaged = header.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    with pytest.raises(DataError, match=NEWS_FILE):
        news(write(tmp_path, lzma.compress(damaged)))


def test_a_tar_cut_off_inside_a_post_is_refused(tmp_path):
    whole = tar_of({"train/sci.med/1": "word " * 1000})
    with pytest.raises(DataError, match=r"damaged tar archive|but holds"):
        news(write(tmp_path, lzma.compress(whole[:2000])))


@pytest.mark.slow
def test_an_archive_that_would_fill_memory_is_refused(tmp_path):
    with pytest.raises(DataError, match=f"unpacks to more than {MAX_BYTES:,} bytes"):
        news(write(tmp_path, lzma.compress(bytes(MAX_BYTES + 1), preset=0)))


def test_an_oversized_post_is_refused(tmp_path):
    posts = POSTS | {"train/sci.med/7": "a" * (MAX_POST_BYTES + 1)}
    with pytest.raises(DataError, match=r"sci\.med/7 declares 1,048,577 bytes; it may have at most 1,048,576"):
        news(write(tmp_path, lzma.compress(tar_of(posts), preset=0)))


def test_a_group_without_test_posts_is_refused(tmp_path):
    posts = {name: text for name, text in POSTS.items() if name != "test/sci.med/3"}
    with pytest.raises(DataError, match="and the same for testing"):
        news(write(tmp_path, lzma.compress(tar_of(posts))))


@settings(deadline=None)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=20))
def test_a_damaged_tar_is_read_or_refused_and_nothing_else(tmp_path_factory, place, damage):
    data = bytearray(tar_of(POSTS))
    data[place : place + len(damage)] = damage
    folder = tmp_path_factory.mktemp("news")
    with suppress(DataError):
        news(write(folder, lzma.compress(bytes(data), preset=0)))


def test_words_are_runs_of_letters_after_the_headers():
    assert words_of("From: me\nSubject: no\n\nDon't PANIC, it's 2x a re-read\n\nend") == [
        *("don", "panic", "it", "re", "read", "end"),
    ]


@pytest.mark.parametrize("blank", ["\n\n", "\r\n\r\n", "\n \t\n"])
def test_a_blank_line_may_end_in_any_way(blank):
    assert words_of(f"header: one{blank}body") == ["body"]


def test_a_text_without_a_blank_line_is_taken_whole():
    assert words_of("just words") == ["just", "words"]


def test_the_vocabulary_is_the_most_frequent_words_and_ties_are_alphabetical():
    counts = word_counts(["pear apple fig", "fig pear apple kiwi", "pear"], ["kiwi fig fig plum"], words=3)
    assert counts.vocabulary == ("pear", "apple", "fig")
    assert counts.train.tolist() == [[1, 1, 1], [1, 1, 1], [1, 0, 0]]
    assert counts.test.tolist() == [[0, 0, 2]]
    assert counts.train.dtype == np.int32


def test_a_vocabulary_has_no_more_words_than_the_texts():
    assert word_counts(["one two"], [], words=5).vocabulary == ("one", "two")


def test_a_vocabulary_of_no_words_is_refused():
    with pytest.raises(DataError, match="0 words were asked for"):
        word_counts(["one"], [], words=0)
    with pytest.raises(DataError, match="the 1 training texts hold no words"):
        word_counts(["1 2 3"], ["one"])
