"""Reproductions of published figures and tables: each puts the published number beside the measured one."""

from eventnet.scenarios.reproductions.common.report import Report, Request
from eventnet.scenarios.reproductions.convergence import convergence, quantization
from eventnet.scenarios.reproductions.early_guess import early_guess
from eventnet.scenarios.reproductions.frame_rate import frame_rate
from eventnet.scenarios.reproductions.hyperparameters import hyperparameters
from eventnet.scenarios.reproductions.lif_trace import lif_trace
from eventnet.scenarios.reproductions.mnist_table import mnist_table
from eventnet.scenarios.reproductions.newsgroups import newsgroups
from eventnet.scenarios.reproductions.nmnist import nmnist
from eventnet.scenarios.reproductions.one_way_gate import one_way_gate
from eventnet.scenarios.reproductions.order_learning import order_learning
from eventnet.scenarios.reproductions.pd_error import pd_error
from eventnet.scenarios.reproductions.pd_mnist import pd_mnist
from eventnet.scenarios.reproductions.pd_signals import pd_signals
from eventnet.scenarios.reproductions.routing import routing
from eventnet.scenarios.reproductions.routing_order import routing_order
from eventnet.scenarios.reproductions.scales_toy import scales_toy
from eventnet.scenarios.reproductions.sigma_delta_mnist import sigma_delta_mnist
from eventnet.scenarios.reproductions.sigma_delta_video import sigma_delta_video
from eventnet.scenarios.reproductions.stdp_equivalence import stdp_equivalence
from eventnet.scenarios.reproductions.stdp_kernels import stdp_kernels
from eventnet.scenarios.reproductions.stdp_window import stdp_window
from eventnet.scenarios.reproductions.weight_updates import weight_updates

REPRODUCTIONS = {
    "quantization": quantization,
    "newsgroups": newsgroups,
    "mnist": mnist_table,
    "early-guess": early_guess,
    "convergence": convergence,
    "hyperparameters": hyperparameters,
    "routing": routing,
    "one-way-gate": one_way_gate,
    "routing-order": routing_order,
    "order-learning": order_learning,
    "sigma-delta-mnist": sigma_delta_mnist,
    "scales-toy": scales_toy,
    "pd-mnist": pd_mnist,
    "frame-rate": frame_rate,
    "sigma-delta-video": sigma_delta_video,
    "pd-signals": pd_signals,
    "weight-updates": weight_updates,
    "pd-error": pd_error,
    "lif-trace": lif_trace,
    "stdp-window": stdp_window,
    "stdp-kernels": stdp_kernels,
    "stdp-equivalence": stdp_equivalence,
    "nmnist": nmnist,
}

__all__ = ["REPRODUCTIONS", "Report", "Request"]
