"""Table 3.1: two groups of the 20 newsgroups, one layer on word counts.

The source gives neither features nor T nor eta, and splits 7:1; the archive is split by date, 3:2. So features and
settings are chosen here and stated, a logistic regression and a support vector machine see the same features, and the
posts at hand are split in several ways, to show what the published figure would need. Its test error is 9 of 395 posts,
its training errors 2 and 13 of 1,579: the parts of 1,974 posts, as many as are at hand, split 4:1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from eventnet.data import News, news, word_counts
from eventnet.models import DeepSpikingNetwork
from eventnet.plotting.style import BLUE, ORANGE, legend
from eventnet.scenarios.reproductions.common.pictures import axes, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    in_parallel,
    listed,
)
from eventnet.scenarios.shared.paired import mean_interval

WORDS, STEPS, ETA, EPOCHS, QUICK_EPOCHS = 2000, 10, 0.03, 20, 3
TIMES = 5
"""Seeds: random splits, orders of the posts that are learned from, and initial weights."""
SVM_COST = 1.0
"""C of the support vector machine: scikit-learn's default, tuned on nothing."""
NO_SVM = 'not run: needs scikit-learn, pip install "eventnet[sklearn]"'
PUBLISHED = {
    "spiking regressor": "2.278 / 0.82", "logistic regression (published: 1-layer network)": "2.278 / 0.127",
    "SVM": "4.82 / 0",
}  # fmt: skip


LOGISTIC = list(PUBLISHED)[1]


class PostSplit(NamedTuple):
    """The split of the posts, and the words of them that are counted.

    share: of the posts that are learned from; None for the archive's own parts. random: drawn with the seed; else the
    earlier posts of each group are learned from. headers: whether their words count.
    """

    name: str
    share: float | None
    random: bool = False
    headers: bool = False


SPLITS = (
    PostSplit("by date, 3:2", None), PostSplit("at random, 7:1", 7 / 8, random=True), PostSplit("by date, 4:1", 4 / 5),
    PostSplit("at random, 4:1", 4 / 5, random=True), PostSplit("by date, 4:1, with headers", 4 / 5, headers=True),
    PostSplit("at random, 4:1, with headers", 4 / 5, random=True, headers=True),
)  # fmt: skip


def logistic(x: Any, y: Any, rounds: int = 2000, rate: float = 1.0, decay: float = 1e-4) -> tuple[Any, float]:
    """Weights and bias of a logistic regression by plain gradient descent, labels 0 and 1."""
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(rounds):
        error = 1 / (1 + np.exp(-(x @ w + b))) - y
        w -= rate * (x.T @ error / len(x) + decay * w)
        b -= rate * float(error.mean())
    return w, b


def features(counts: Any) -> Any:
    """log(1 + count), each post scaled to a Euclidean length of 3."""
    logs = np.log1p(counts.astype(np.float64))
    return 3 * logs / np.maximum(np.linalg.norm(logs, axis=1, keepdims=True), 1e-9)


def support_vectors(x: Any, y: Any, judged: Sequence[tuple[Any, Any]]) -> list[float] | None:
    """Percent errors on pairs (x, y) of a linear support vector machine; None where scikit-learn is not installed."""
    try:
        from sklearn.svm import SVC
    except ImportError:
        return None
    machine = SVC(kernel="linear", C=SVM_COST).fit(x, y)
    return [100 * float(np.mean(machine.predict(a) != labels)) for a, labels in judged]


def split_posts(posts: News, split: PostSplit, seed: int) -> tuple[list[int], list[int]]:
    """Posts to learn from and posts to test, as indices of the archive's training posts, then its test posts.

    In the archive every post of a group to test is later than those to learn from, but for a few of the same days; in
    each part posts go by their number, which grows with time.
    """
    first, labels = len(posts.train_labels), np.concatenate([posts.train_labels, posts.test_labels])
    if split.share is None:
        return list(range(first)), list(range(first, len(labels)))
    if split.random:
        order = np.random.default_rng(seed).permutation(len(labels)).tolist()
        cut = round(split.share * len(labels))
        return order[:cut], order[cut:]
    learned, judged = [], []
    for group in range(len(posts.groups)):
        own = np.flatnonzero(labels == group).tolist()
        cut = round(split.share * len(own))
        learned += own[:cut]
        judged += own[cut:]
    return learned, judged


def compare(folder: str, quick: bool, split: PostSplit, seed: int) -> dict[str, Any]:
    """Test and training errors in percent of each network, by name, and the spiking one's after each epoch."""
    posts = news(folder)
    texts, labels = posts.train_texts + posts.test_texts, np.concatenate([posts.train_labels, posts.test_labels])
    learned, judged = split_posts(posts, split, seed)
    counts = word_counts([texts[k] for k in learned], [texts[k] for k in judged], WORDS, headers=split.headers)
    order = np.random.default_rng(seed).permutation(len(learned))
    x, y = features(counts.train)[order], labels[learned][order]
    x_test, y_test = features(counts.test), labels[judged]
    dsn = DeepSpikingNetwork([len(counts.vocabulary), 2], steps=STEPS, learning_rate=ETA, rule="sgd", seed=seed)
    curve: list[Row] = []
    for epoch in range(QUICK_EPOCHS if quick else EPOCHS):
        dsn.partial_fit(x, y)
        test, training = (100 * (1 - dsn.score(a, b)) for a, b in ((x_test, y_test), (x, y)))
        curve.append({"epoch": epoch + 1, "test": round(test, 2), "training": round(training, 2)})
    w, b = logistic(x, y)
    pairs = [(x_test, y_test), (x, y)]
    plain = [100 * float(np.mean((a @ w + b > 0) != truth)) for a, truth in pairs]
    errors = [[curve[-1]["test"], curve[-1]["training"]], plain, support_vectors(x, y, pairs)]
    sizes = f"{len(learned):,} / {len(judged)}"
    return {"posts": sizes, "curve": curve, "errors": dict(zip(PUBLISHED, errors, strict=True))}


def newsgroups(request: Request) -> ReproductionReport:
    """Train the spiking regressor on log word counts; compare, on several splits."""
    folder = str(
        request.needed(
            "the posts may not be shipped: get 20news_bydate_scimed_scielec.tar.xz (sci.med and sci.electronics of the "
            "by-date 20 newsgroups)"
        )
    )
    seeds, splits = request.seeds(TIMES), SPLITS[:1] if request.quick else SPLITS
    jobs = [(folder, request.quick, split, seed) for split in splits for seed in seeds]
    found = in_parallel(compare, jobs, request)
    groups = {split: found[k * len(seeds) : (k + 1) * len(seeds)] for k, split in enumerate(splits)}
    rows: list[Row] = [_row(split, name, group) for split, group in groups.items() for name in PUBLISHED]
    curves: list[Row] = [
        {"split": split.name, "seed": seed} | row
        for (_, _, split, seed), one in zip(jobs, found) for row in one["curve"]
    ]  # fmt: skip
    notes = [
        "test / training error, means over seeds; 95%: of the test error, by Student's t, over random splits of the "
        "same posts; of a split by date only order and weights are drawn, which two of three networks do not heed",
        "published: 7:1; 2.278% is 9 of 395 posts, 0.127 and 0.82% are 2 and 13 of 1,579: parts of 1,974 posts, split "
        "4:1, and of no 7:1 split of so many",
        f"features: log(1 + count) of the {WORDS} most frequent words of the posts that are learned from, scaled to "
        f"length 3; T = {STEPS}, eta = {ETA}, SGD, {QUICK_EPOCHS if request.quick else EPOCHS} epochs, seeds "
        f"{listed(seeds)}",
        f"SVM: scikit-learn's SVC on the same features, linear, C = {SVM_COST:g} (its default, not tuned); the source "
        "does not say which kernel and C were published",
    ]
    plain = float(np.mean([one["errors"][LOGISTIC][0] for one in groups[splits[0]]]))
    first = [row for row in curves if row["split"] == splits[0].name and row["seed"] == seeds[0]]
    return ReproductionReport(
        "newsgroups", "Table 3.1, 20 newsgroups", "thesis, table 3.1", rows, notes, curves,
        [_draw(request, first, plain)],
    )  # fmt: skip


def _row(split: PostSplit, name: str, group: list[dict[str, Any]]) -> Row:
    """A network's errors on one split, over seeds."""
    errors = [one["errors"][name] for one in group]
    row = {"split": split.name, "posts": group[0]["posts"], "network": name, "published %": PUBLISHED[name]}
    if any(pair is None for pair in errors):
        return row | {"measured %": NO_SVM, "test, 95%": None}
    test, training = (mean_interval([pair[k] for pair in errors]) for k in range(2))
    return row | {"measured %": f"{test.mean:.2f} / {training.mean:.2f}", "test, 95%": test.ends(".2f")}


def _draw(request: Request, curves: list[Row], logistic_error: float) -> Any:
    figure, ax = axes("Table 3.1: med against electronics", "epoch", "error, %")
    epochs = [row["epoch"] for row in curves]
    ax.plot(epochs, [row["test"] for row in curves], color=BLUE, label="spiking regressor, test")
    ax.plot(epochs, [row["training"] for row in curves], "--", color=BLUE, label="spiking regressor, training")
    ax.axhline(logistic_error, color=ORANGE, linestyle="-.", label="logistic regression, test")
    ax.set_ylim(0, None)
    ax.locator_params(axis="x", integer=True)
    legend(ax)
    return save(figure, request.out / "newsgroups.png")
