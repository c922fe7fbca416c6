"""Table 3.1's support vector machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.data import News
from eventnet.scenarios.reproductions import newsgroups
from eventnet.scenarios.reproductions.common.report import Request
from eventnet.scenarios.reproductions.newsgroups import PUBLISHED, SPLITS, PostSplit, split_posts, support_vectors

X = np.array([[0.0, 1.0], [0.0, 2.0], [2.0, 0.0], [3.0, 0.0]])
Y = np.array([0, 0, 1, 1])


def test_the_machine_splits_half_way_between_the_nearest_samples() -> None:
    """Of (0, 1) and (2, 0) the bisector is 2 x - y = 1.5; the two points of `near` lie a little beside it."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install eventnet[sklearn]")
    near = np.array([[0.7, 0.0], [0.8, 0.0]])
    found = support_vectors(X, Y, [(X, Y), (near, np.array([0, 1])), (near, np.array([0, 0]))])
    assert found == [0.0, 0.0, 50.0]


def posts(first: int, second: int) -> News:
    """So many posts to learn from and to test, half of each group, group after group as in the archive."""
    labels = [np.repeat([0, 1], n // 2) for n in (first, second)]
    return News(("a",) * first, labels[0], ("b",) * second, labels[1], ("sci.electronics", "sci.med"))


def test_by_date_the_earlier_posts_of_each_group_are_learned_from() -> None:
    assert split_posts(posts(6, 4), PostSplit("", None), 1) == ([0, 1, 2, 3, 4, 5], [6, 7, 8, 9])
    assert split_posts(posts(6, 4), PostSplit("", 4 / 5), 1) == ([0, 1, 2, 6, 3, 4, 5, 8], [7, 9])


def test_at_random_seeds_part_all_posts_in_other_ways() -> None:
    split = PostSplit("", 7 / 8, random=True)
    found = [split_posts(posts(60, 20), split, seed) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    for learned, judged in found:
        assert (len(learned), sorted(learned + judged)) == (70, list(range(80)))


def test_published_errors_are_shares_of_a_split_of_four_to_one() -> None:
    learned, judged = (len(part) for part in split_posts(posts(1184, 790), PostSplit("", 4 / 5, random=True), 1))
    assert (learned, judged) == (1579, 395)
    assert [f"{100 * n / of:.3f}" for n, of in ((9, judged), (2, learned), (13, learned))] == [
        "2.278",
        "0.127",
        "0.823",
    ]
    assert "2.278" not in {f"{100 * n / 247:.3f}" for n in range(247)}  # 7:1 of 1,974


@pytest.mark.slow
def test_each_split_has_its_rows_with_means_over_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(function: Any, jobs: list[Any], request: Request) -> list[dict[str, Any]]:
        return [
            {"posts": "8 / 2", "curve": [{"epoch": 1, "test": 9.0, "training": 1.0}],
             "errors": dict(zip(PUBLISHED, ([float(seed), 1.0], [5.0, 0.0], None), strict=True))}
            for _, _, _, seed in jobs
        ]  # fmt: skip

    monkeypatch.setattr(newsgroups, "in_parallel", work)
    report = newsgroups.newsgroups(Request(tmp_path, data=tmp_path, seed=4, most_seeds=3))
    assert [row["split"] for row in report.rows[::3]] == [split.name for split in SPLITS]
    assert [row["measured %"] for row in report.rows[:3]] == ["5.00 / 1.00", "5.00 / 0.00", newsgroups.NO_SVM]
    assert [row["test, 95%"] for row in report.rows[:3]] == ["2.52 to 7.48", "5.00 to 5.00", None]
    assert [(row["split"], row["seed"]) for row in report.curves[:4]] == [
        *((SPLITS[0].name, seed) for seed in (4, 5, 6)), (SPLITS[1].name, 4),
    ]  # fmt: skip


def test_without_scikit_learn_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    assert support_vectors(X, Y, [(X, Y)]) is None
