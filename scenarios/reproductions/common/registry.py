"""The reproductions that there are: by files of their names, and by the entry point group `eventnet.reproductions`."""

from __future__ import annotations

from eventnet.base.listing import Listing, files_of
from eventnet.scenarios import reproductions

CHAPTERS = """
quantization newsgroups mnist early-guess larger-network convergence hyperparameters routing one-way-gate routing-order
order-learning collapse sigma-delta-mnist scales-toy pd-mnist pd-depth pd-shifts pd-video frame-rate sigma-delta-video
pd-signals update-schemes weight-updates pd-error lif-trace stdp-window stdp-kernels stdp-equivalence hopfield
boltzmann spikeprop initialized initialized-digits local-loss binary-neuron settling-bits settling-search equilibrium
equilibrium-bits equilibrium-deep equilibrium-online equilibrium-dither equilibrium-nudges equilibrium-orders
coming-to-rest continuous continuous-digits checklist nmnist nir-nmnist brunel vogels-abbott microcircuit
""".split()


def _own() -> dict[str, str]:
    found = files_of(reproductions.__path__, reproductions.__name__)
    return {name: f"{module}:{module.rpartition('.')[2]}" for name, module in found.items()}


REPRODUCTIONS = Listing("reproduction", "eventnet.reproductions", _own, CHAPTERS)
