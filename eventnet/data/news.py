"""Two groups of the 20 newsgroups, split by date: posts to sci.electronics and sci.med, and their word counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eventnet.data.archive import read_members
from eventnet.errors import DataError

NEWS_FILE = "20news_bydate_scimed_scielec.tar.xz"
# The true archive unpacks to 5 MB, and its longest post is 73 kB: larger ones are damaged, or made to fill memory.
MAX_BYTES = 64 << 20
MAX_POST_BYTES = 1 << 20

_MEMBER = re.compile(r"20news-bydate/20news-bydate-(train|test)/([^/]+)/([^/]+)")
_BLANK_LINE = re.compile(r"^[ \t\r]*\n", re.MULTILINE)
_WORD = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True, eq=False)
class News:
    """Posts with the group each was sent to, for training and for testing.

    train_texts, test_texts: whole posts, headers included.
    train_labels, test_labels: int64 [n], the index of each post's group in `groups`.
    groups: the groups' names in alphabetical order.
    """

    train_texts: tuple[str, ...]
    train_labels: NDArray[np.int64]
    test_texts: tuple[str, ...]
    test_labels: NDArray[np.int64]
    groups: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class WordCounts:
    """Counts of each word of a vocabulary in each text.

    train, test: int32 [n_texts, n_words]. vocabulary: the word of each column.
    """

    train: NDArray[np.int32]
    test: NDArray[np.int32]
    vocabulary: tuple[str, ...]


def news(folder: str | PathLike[str]) -> News:
    """The posts in `folder`/20news_bydate_scimed_scielec.tar.xz, read in memory; nothing is extracted.

    Posts are sorted by their path in the archive, so group comes after group: shuffle them (with a seed) before
    learning from one at a time. They are decoded as Latin-1, which reads any byte.
    Raises DataError when the archive is absent, damaged, larger than it may be, or lacks a group.
    """
    path = Path(folder) / NEWS_FILE
    posts = _read_posts(path)
    train = sorted(name for name in posts if name[0] == "train")
    test = sorted(name for name in posts if name[0] == "test")
    groups = sorted({group for _, group, _ in train})
    if len(groups) < 2 or groups != sorted({group for _, group, _ in test}):
        raise DataError(f"{path} holds the groups {groups} for training; wanted two or more, and the same for testing")
    return News(
        tuple(posts[name] for name in train),
        np.array([groups.index(group) for _, group, _ in train], np.int64),
        tuple(posts[name] for name in test),
        np.array([groups.index(group) for _, group, _ in test], np.int64),
        tuple(groups),
    )


def _read_posts(path: Path) -> dict[tuple[str, str, str], str]:
    """The text of each post, by its part ("train" or "test"), its group and its number."""
    posts = {}
    for name, content in read_members(path, _MEMBER, MAX_BYTES, MAX_POST_BYTES).items():
        found = _MEMBER.fullmatch(name)
        assert found is not None
        posts[found[1], found[2], found[3]] = content.decode("latin-1")
    return posts


def words_of(text: str, *, headers: bool = False) -> list[str]:
    """The words of a post in order: runs of two or more of the letters a to z, after lower-casing.

    Headers do not count, unless `headers` says so: everything up to the first blank line is passed over. A text without
    one is taken whole.
    """
    blank = None if headers else _BLANK_LINE.search(text)
    return _WORD.findall(text[blank.end() :].lower() if blank else text.lower())


def word_counts(
    train_texts: Sequence[str], test_texts: Sequence[str], words: int = 2000, *, headers: bool = False
) -> WordCounts:
    """Count the `words` most frequent words of the training texts in all texts; `words_of` says what a word is.

    Columns go from frequent to rare; words that are equally frequent stand in alphabetical order. The vocabulary is
    shorter when the training texts have fewer words. Raises DataError when that leaves none, or when `words` < 1.
    """
    if words < 1:
        raise DataError(f"{words} words were asked for; wanted at least one")
    train, test = ([Counter(words_of(text, headers=headers)) for text in texts] for texts in (train_texts, test_texts))
    totals: Counter[str] = Counter()
    for counts in train:
        totals.update(counts)
    vocabulary = sorted(totals, key=lambda word: (-totals[word], word))[:words]
    if not vocabulary:
        raise DataError(f"the {len(train_texts)} training texts hold no words")
    return WordCounts(_count_matrix(train, vocabulary), _count_matrix(test, vocabulary), tuple(vocabulary))


def _count_matrix(texts: Sequence[Counter[str]], vocabulary: Sequence[str]) -> NDArray[np.int32]:
    matrix = np.zeros((len(texts), len(vocabulary)), np.int32)
    for row, counts in enumerate(texts):
        matrix[row] = [counts[word] for word in vocabulary]
    return matrix
