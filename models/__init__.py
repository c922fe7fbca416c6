"""Models: each builds a Network, trains it, and nothing else; only public names of eventnet are used."""

from eventnet.models.blueprint import ConvSpec, DenseSpec
from eventnet.models.change_cost import Cost
from eventnet.models.conventional import ConventionalNetwork
from eventnet.models.deep_spiking_network import DeepSpikingNetwork
from eventnet.models.layers import (
    AveragePool2d,
    Conv2d,
    Dense,
    Flatten,
    HardSigmoid,
    Identity,
    ReLU,
    Softmax,
    Tanh,
)
from eventnet.models.nir_file import read_nir, write_nir
from eventnet.models.onnx_file import read_onnx, write_onnx
from eventnet.models.pd_network import PDNetwork
from eventnet.models.relu import ReluNetwork
from eventnet.models.rounding import percentile_scales
from eventnet.models.scales import ScalesError, optimize_scales
from eventnet.models.showing import shown
from eventnet.models.sigma_delta import SigmaDeltaNetwork
from eventnet.models.stdp_network import StdpNetwork
from eventnet.models.stdp_options import DiehlCook, Neuron, Presentation, SetTo, Subtract, Towards, WinnerTakeAll
from eventnet.models.trajectory import Trajectory

__all__ = [
    "AveragePool2d",
    "Conv2d",
    "ConvSpec",
    "ConventionalNetwork",
    "Cost",
    "DeepSpikingNetwork",
    "Dense",
    "DenseSpec",
    "DiehlCook",
    "Flatten",
    "HardSigmoid",
    "Identity",
    "Neuron",
    "PDNetwork",
    "Presentation",
    "ReLU",
    "ReluNetwork",
    "ScalesError",
    "SetTo",
    "SigmaDeltaNetwork",
    "Softmax",
    "StdpNetwork",
    "Subtract",
    "Tanh",
    "Towards",
    "Trajectory",
    "WinnerTakeAll",
    "optimize_scales",
    "percentile_scales",
    "read_nir",
    "read_onnx",
    "shown",
    "write_nir",
    "write_onnx",
]
