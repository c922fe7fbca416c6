"""The page of all neuron models and learning rules has every one that ships, under a heading of its own."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path

import pytest

from eventnet.learning import LEARNING
from eventnet.neurons import NEURONS

PAGE = (Path(__file__).parents[1] / "docs" / "reference" / "neurons-and-learning.md").read_text("utf-8")
SECTIONS = {
    name.strip(): text
    for heading, text in re.findall(r"(?ms)^### ([^\n]+)\n(.*?)(?=^##|\Z)", PAGE)
    for name in heading.split(",")
}
BASES = {
    "BiasDrive",
    "BothSides",
    "ConductanceLayer",
    "CurrentDrive",
    "CurrentLayer",
    "FilterBank",
    "Follower",
    "OnSynapses",
    "PDCode",
    "PoissonLaw",
    "PredictiveCode",
    "SparseFollower",
    "SparseSynapses",
    "Stepped",
    "Synapses",
    "TickedLayer",
    "TimeErrors",
    "TurningSums",
    "Update",
    "WritesLeakyDelta",
    "WritesTicked",
}
"""What several classes share; they are named where those are."""
SHIPPED = [(listing, name) for listing in (NEURONS, LEARNING) for name in listing.own_names() if name not in BASES]


@pytest.mark.parametrize(("listing", "name"), SHIPPED, ids=[name for _, name in SHIPPED])
def test_a_class_that_ships_has_a_section_that_names_its_arguments(listing, name) -> None:
    assert name in SECTIONS, f"there is no '### {name}' in the page"
    wanted = set(signature(listing.find(name)).parameters) - {"name"}
    missing = sorted(argument for argument in wanted if f"`{argument}`" not in SECTIONS[name])
    assert not missing, f"the section of {name} does not name {', '.join(missing)}"


def test_what_classes_share_is_named_where_they_are() -> None:
    assert {*NEURONS.own_names(), *LEARNING.own_names()} >= BASES
    assert not [name for name in BASES if f"`{name}`" not in PAGE]


def test_every_heading_is_a_class_that_ships_or_one_of_the_table_of_arguments() -> None:
    assert set(SECTIONS) - {name for _, name in SHIPPED} == {"Arguments that many have"}
