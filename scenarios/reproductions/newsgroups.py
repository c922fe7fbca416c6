"""Table 3.1: two groups of the 20 newsgroups, one layer on word counts.

The source gives neither features nor T nor eta, and splits 7:1; our data are split by date. So the numbers are not
comparable: features and settings are chosen here and stated, and a logistic regression and a support vector machine see
the same features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eventnet.data import news, word_counts
from eventnet.models import DeepSpikingNetwork
from eventnet.plotting.style import BLUE, ORANGE, legend
from eventnet.scenarios.reproductions.common.pictures import axes, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row

WORDS, STEPS, ETA, EPOCHS = 2000, 10, 0.03, 20
SVM_COST = 1.0
"""C of the support vector machine: scikit-learn's default, tuned on nothing."""
NO_SVM = 'not run: needs scikit-learn, pip install "eventnet[sklearn]"'


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


def newsgroups(request: Request) -> ReproductionReport:
    """Train the spiking regressor on log word counts; compare."""
    posts = news(
        request.needed(
            "the posts may not be shipped: get 20news_bydate_scimed_scielec.tar.xz (sci.med and sci.electronics of the "
            "by-date 20 newsgroups)"
        )
    )
    counts = word_counts(posts.train_texts, posts.test_texts, WORDS)
    x, x_test = features(counts.train), features(counts.test)
    order = np.random.default_rng(request.seed).permutation(len(x))
    x, y = x[order], posts.train_labels[order]
    dsn = DeepSpikingNetwork([WORDS, 2], steps=STEPS, learning_rate=ETA, rule="sgd", seed=request.seed)
    curves: list[Row] = []
    for epoch in range(3 if request.quick else EPOCHS):
        dsn.partial_fit(x, y)
        test, training = (100 * (1 - dsn.score(a, b)) for a, b in ((x_test, posts.test_labels), (x, y)))
        curves.append({"epoch": epoch + 1, "test": round(test, 2), "training": round(training, 2)})
    w, b = logistic(x, y)
    judged = [(x_test, posts.test_labels), (x, y)]
    plain = [100 * float(np.mean((a @ w + b > 0) != labels)) for a, labels in judged]
    pairs = {
        "spiking regressor": ("2.278 / 0.82", (curves[-1]["test"], curves[-1]["training"])),
        "logistic regression (published: 1-layer network)": ("2.278 / 0.127", plain),
        "SVM": ("4.82 / 0", support_vectors(x, y, judged)),
    }
    rows: list[Row] = [
        {"network": name, "published %": published, "measured %": f"{m[0]:.2f} / {m[1]:.2f}" if m else NO_SVM}
        for name, (published, m) in pairs.items()
    ]
    notes = [
        "test / training error; by-date split (1,185 training, 789 test posts), not the author's 7:1: not comparable",
        f"features: log(1 + count) of the {WORDS} most frequent words, scaled to length 3; T = {STEPS}, eta = {ETA}, "
        f"SGD, {len(curves)} epochs, seed {request.seed}",
        f"SVM: scikit-learn's SVC on the same features, linear, C = {SVM_COST:g} (its default, not tuned); the source "
        "does not say which kernel and C were published",
    ]
    return ReproductionReport(
        "newsgroups", "Table 3.1, 20 newsgroups", "thesis, table 3.1", rows, notes, curves,
        [_draw(request, curves, plain[0])],
    )  # fmt: skip


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
