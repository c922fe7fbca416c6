"""Models: each builds a network of modules, trains it and answers with it; ONNX and NIR files go in and out."""

from eventnet.models.boltzmann import BoltzmannMachine, RestrictedBoltzmannMachine
from eventnet.models.conventional import ConventionalNetwork
from eventnet.models.dsn import Trajectory
from eventnet.models.dsn_network import DeepSpikingNetwork
from eventnet.models.equilibrium import EquilibriumNetwork
from eventnet.models.equilibrium_continuous import ContinuousEquilibriumNetwork
from eventnet.models.equilibrium_initialized import InitializedEquilibriumNetwork
from eventnet.models.equilibrium_spiking import SpikingEquilibriumNetwork, SpikingForm
from eventnet.models.hopfield import HopfieldNetwork
from eventnet.models.layers import (
    AveragePool2d,
    Clip,
    Conv2d,
    ConvSpec,
    Dense,
    DenseSpec,
    Flatten,
    HardSigmoid,
    Identity,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Softmax,
    Tanh,
)
from eventnet.models.nir_file import read_nir, write_nir
from eventnet.models.nir_network import NirNetwork, read_nir_network
from eventnet.models.nir_writing import write_nir_network
from eventnet.models.onnx import read_onnx, write_onnx
from eventnet.models.pd import PDNetwork
from eventnet.models.relu import ReluNetwork
from eventnet.models.sample_streams import sample_stream
from eventnet.models.scales import ScalesError, optimize_scales
from eventnet.models.sigma_delta import Cost, SigmaDeltaNetwork
from eventnet.models.spikeprop import SpikeProp
from eventnet.models.stages import percentile_scales
from eventnet.models.stdp import DiehlCook, Neuron, Presentation, SetTo, Subtract, Towards, WinnerTakeAll
from eventnet.models.stdp_network import StdpNetwork

__all__ = [
    "AveragePool2d",
    "BoltzmannMachine",
    "Clip",
    "ContinuousEquilibriumNetwork",
    "Conv2d",
    "ConvSpec",
    "ConventionalNetwork",
    "Cost",
    "DeepSpikingNetwork",
    "Dense",
    "DenseSpec",
    "DiehlCook",
    "EquilibriumNetwork",
    "Flatten",
    "HardSigmoid",
    "HopfieldNetwork",
    "Identity",
    "InitializedEquilibriumNetwork",
    "LeakyReLU",
    "MaxPool2d",
    "Neuron",
    "NirNetwork",
    "PDNetwork",
    "Presentation",
    "ReLU",
    "ReluNetwork",
    "Residual",
    "RestrictedBoltzmannMachine",
    "ScalesError",
    "SetTo",
    "SigmaDeltaNetwork",
    "Sigmoid",
    "Softmax",
    "SpikeProp",
    "SpikingEquilibriumNetwork",
    "SpikingForm",
    "StdpNetwork",
    "Subtract",
    "Tanh",
    "Towards",
    "Trajectory",
    "WinnerTakeAll",
    "optimize_scales",
    "percentile_scales",
    "read_nir",
    "read_nir_network",
    "read_onnx",
    "sample_stream",
    "write_nir",
    "write_nir_network",
    "write_onnx",
]
