"""Price lists: what ships, what a file of one's own may hold, and estimates of energy by hand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

import eventnet as en
from eventnet.cost import pricing
from eventnet.cost.pricing import Detail, PriceList, Span, price_lists, prices, read_prices
from eventnet.errors import DataError, ModelError
from eventnet.tally import COLUMNS

COUNTS = dict(zip(COLUMNS, (2, 3, 31, 5, 7, 11, 13, 17, 19, 23, 29), strict=True))

# Table 1.1.9 of Horowitz 2014: add, multiply (pJ), and bits of a word.
HOROWITZ = {"int8": (0.03, 0.2, 8), "int32": (0.1, 3.1, 32), "float16": (0.4, 1.1, 16), "float32": (0.9, 3.7, 32)}
ACCESS = {"8KB": (10, 10), "32KB": (20, 20), "1MB": (100, 100), "DRAM": (1300, 2600)}  # of 64 bits

MINE = """
name = "my chip"
source = "its data sheet"
about = "made of sand"
includes = ["spikes"]

[synaptic_adds]
typical_pj = 2
low_pj = 1
high_pj = 4

[compares]
typical_pj = 0.5
sure = false
note = "guessed"

[memory.near.reads]
typical_pj = 3
high_pj = 30
"""


def tally() -> en.Tally:
    """A different prime of each kind."""
    return en.Tally(["layer.spikes"], [list(COUNTS.values())])


def mine(tmp_path: Path, text: str = MINE) -> PriceList:
    (tmp_path / "mine.toml").write_text(text)
    return read_prices(tmp_path / "mine.toml")


# --- what ships ---
def test_price_lists_ship_for_each_kind_of_machine() -> None:
    horowitz = [f"horowitz-{kind}" for kind in ("float16", "float32", "int32", "int8")]
    assert price_lists() == ("cpu", "cpu-node", *horowitz, "loihi", "spinnaker", "truenorth")


@pytest.mark.parametrize("name", price_lists())
def test_every_list_names_its_source_and_says_why_it_is_not_sure(name: str) -> None:
    found = prices(name)
    assert found.source
    assert found.about
    for one in (found, *found.memory.values()):
        assert all(detail.sure or detail.note for detail in one.details.values())
        assert set(one.details) == set(one.prices)
    assert found.estimate(tally()).total.low <= found.energy(tally()) <= found.estimate(tally()).total.high


@pytest.mark.parametrize("name", price_lists())
def test_every_list_says_where_its_figures_were_read_again(name: str) -> None:
    found = prices(name)
    assert found.checked
    assert found.sure == all(found.detail(kind).sure for kind in found.prices)


def test_of_the_chips_only_figures_that_were_read_are_sure() -> None:
    sure = {name: [kind for kind in prices(name).prices if prices(name).detail(kind).sure] for name in price_lists()}
    assert (sure["truenorth"], sure["cpu"]) == ([], [])
    assert sure["loihi"] == sure["spinnaker"] == sure["cpu-node"] == ["synaptic_adds"]
    assert prices("horowitz-int32").sure
    assert not prices("horowitz-int32", memory="1MB").sure


@pytest.mark.parametrize("kind", list(HOROWITZ))
def test_comparisons_may_cost_an_addition_where_a_list_has_no_price_of_them(kind: str) -> None:
    found, add = prices(f"horowitz-{kind}"), HOROWITZ[kind][0]
    compared = found.with_comparisons()
    assert compared.prices == {**found.prices, "compares": add}
    assert not compared.detail("compares").sure
    assert compared.with_comparisons() is compared
    estimate = found.estimate(tally())
    assert estimate.comparisons_too == estimate.with_comparisons == compared.estimate(tally()).total
    assert estimate.with_comparisons.typical == pytest.approx(estimate.total.typical + add * COUNTS["compares"])
    assert estimate.to_dict()["pJ, comparisons as additions"]["typical"] == estimate.with_comparisons.typical
    assert str(estimate).count("with comparisons at the price of an addition") == 1


@pytest.mark.parametrize("name", ["loihi", "truenorth", "spinnaker", "cpu", "cpu-node"])
def test_lists_that_hold_comparisons_have_one_figure(name: str) -> None:
    found = prices(name)
    assert found.with_comparisons() is found
    assert found.estimate(tally()).with_comparisons is None
    assert found.estimate(tally()).comparisons_too == found.estimate(tally()).total
    assert found.estimate(tally()).to_dict()["pJ, comparisons as additions"] is None


@pytest.mark.parametrize("kind", list(HOROWITZ))
def test_horowitz_prices_are_those_of_his_table(kind: str) -> None:
    add, multiply, bits = HOROWITZ[kind]
    found = prices(f"horowitz-{kind}")
    assert found.prices == {"adds": add, "multiplies": multiply}
    assert list(found.memory) == list(ACCESS)
    for level, (low, high) in ACCESS.items():
        near = prices(f"horowitz-{kind}", memory=level)
        assert near.prices["adds"] == add
        assert near.span("reads") == near.span("writes") == Span(low * bits / 64, (low + high) / 2 * bits / 64, high)
        # What another source quotes: 5 pJ for 32 bits from 8 KB.
        assert near.details["reads"].sure == (level == "8KB" and bits == 32)
        assert not near.details["writes"].sure


def test_loihis_hops_are_the_mean_over_all_pairs_of_its_tiles() -> None:
    tiles = list(itertools.product(range(8), range(4)))
    paths = [1.7 + 3.0 * abs(a - c) + 4.0 * abs(b - d) for (a, b), (c, d) in itertools.product(tiles, tiles)]
    found = prices("loihi").span("deliveries")
    assert found.low == min(paths)
    assert found.typical == pytest.approx(sum(paths) / len(paths), abs=0.05)  # written to a tenth
    assert found.high == pytest.approx(max(paths))


def test_truenorths_range_is_power_over_events() -> None:
    neurons, synapses = 4096 * 256, 128
    found = prices("truenorth").span("synaptic_adds")
    assert found.typical == pytest.approx(1e12 * 72e-3 / (neurons * 20 * synapses), abs=1)  # printed as 26
    assert found.low == 1e12 / 400e9
    assert found.high == pytest.approx(1e12 * 68e-3 / (neurons * 11.58 * synapses), abs=0.05)


def test_published_figures() -> None:
    assert prices("loihi").prices["synaptic_adds"] == 23.6
    assert prices("loihi").span("compares") == Span(52, 81, 81)
    assert prices("loihi").prices["learning_adds"] == 120
    assert prices("spinnaker").prices["synaptic_adds"] == 43_000
    assert prices("cpu").prices["adds"] == 70


@pytest.mark.parametrize(
    ("name", "memory", "message"),
    [
        ("lohi", None, "no price list 'lohi'; did you mean 'loihi'"),
        ("horowitz-int8", "8 KB", "'Horowitz 45 nm, int8' has no memory '8 KB'; did you mean '8KB'"),
        ("loihi", "8KB", "'Loihi' has no memory '8KB'; it has none"),
        ("../cost", None, "no price list"),
    ],
)
def test_a_list_that_there_is_not_is_refused_with_the_nearest(name: str, memory: str | None, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        prices(name, memory)


# --- estimates ---
def test_an_estimate_is_counts_times_prices_and_names_what_it_leaves_out(tmp_path: Path) -> None:
    found = mine(tmp_path)
    estimate = found.estimate(tally())
    assert found.energy(tally()) == 7 * 2 + 17 * 0.5
    assert estimate.total == Span(7 * 1 + 17 * 0.5, 7 * 2 + 17 * 0.5, 7 * 4 + 17 * 0.5)
    assert estimate.by_kind == {"synaptic_adds": Span(7, 14, 28), "compares": Span(8.5, 8.5, 8.5)}
    assert estimate.unsure == ("compares",)
    left = (
        "deliveries notices input_adds neuron_adds learning_adds multiplies reads writes".split()
    )  # spikes are included
    assert estimate.unpriced == {kind: COUNTS[kind] for kind in left}


def test_weights_in_memory_have_prices_of_reads_too(tmp_path: Path) -> None:
    near = mine(tmp_path).with_memory("near")
    assert near.name == "my chip, weights in near"
    assert near.estimate(tally()).by_kind["reads"] == Span(23 * 3, 23 * 3, 23 * 30)
    assert near.energy(tally()) == 7 * 2 + 17 * 0.5 + 23 * 3
    assert "reads" not in near.estimate(tally()).unpriced


def test_a_price_for_adds_covers_all_four_kinds() -> None:
    estimate = PriceList("all", "made up", {"adds": 2}).estimate(tally())
    assert estimate.total == Span(72, 72, 72)  # (5 + 7 + 11 + 13) * 2
    assert not {kind for kind in estimate.unpriced if kind.endswith("adds")}
    assert PriceList("none", "made up").estimate(tally()).total == Span(0, 0, 0)


def test_a_price_that_is_not_sure_is_named_only_where_it_was_paid() -> None:
    counts = dict(zip(COLUMNS, [0] * len(COLUMNS), strict=True)) | {"synaptic_adds": 3, "deliveries": 1}
    assert prices("loihi").estimate(en.Tally(["a.b"], [list(counts.values())])).unsure == ("deliveries",)


def test_an_estimate_calls_itself_one_in_words_and_in_json(tmp_path: Path) -> None:
    estimate = mine(tmp_path).estimate(tally())
    assert str(estimate).startswith(
        "estimate by the prices of my chip: 22.5 pJ (15.5 pJ to 36.5 pJ); without a price: 2 d"
    )
    assert str(estimate).endswith("29 writes; not sure: compares")
    given = json.loads(json.dumps(estimate.to_dict()))
    assert given["estimate by the prices of"] == "my chip"
    assert given["pJ"] == {"low": 15.5, "typical": 22.5, "high": 36.5}


@pytest.mark.parametrize(
    ("pj", "text"),
    [
        (0, "0 pJ"),
        (0.03, "0.03 pJ"),
        (999, "999 pJ"),
        (1e3, "1 nJ"),
        (2.34e9, "2.34 mJ"),
        (5e12, "5 J"),
        (5e15, "5e+03 J"),
    ],
)
def test_energy_is_told_in_its_unit(pj: float, text: str) -> None:
    assert pricing.in_units(pj) == text


# --- a file of one's own ---
def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    found = mine(tmp_path)
    assert (found.name, found.source, found.about, found.includes) == (
        "my chip",
        "its data sheet",
        "made of sand",
        ("spikes",),
    )
    assert found.prices == {"synaptic_adds": 2, "compares": 0.5}
    assert found.details["synaptic_adds"] == Detail(1, 4)
    assert found.details["compares"] == Detail(0.5, 0.5, False, "", "guessed")


def test_the_file_in_the_documentation_of_the_module_is_read(tmp_path: Path) -> None:
    assert pricing.__doc__
    example = "\n".join(line.strip() for line in pricing.__doc__.splitlines() if line.startswith("    "))
    assert mine(tmp_path, example).span("synaptic_adds") == Span(0.04, 0.05, 0.09)


HEAD = "name = 'x'\nsource = 'y'\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[adds", "mine.toml is no TOML"),
        ("source = 'y'\n[adds]\ntypical_pj = 1", "mine.toml has no name; wanted a text"),
        ("name = 'x'\n[adds]\ntypical_pj = 1", "mine.toml has no source; wanted a text"),
        ("name = 3\nsource = 'y'", "name in .*mine.toml is 3; wanted a text"),
        (HEAD, "mine.toml has no prices; wanted a table for one or more of deliveries, "),
        (HEAD + "[multiplys]\ntypical_pj = 1", "mine.toml has an unknown key 'multiplys'; did you mean 'multiplies'"),
        (HEAD + "[adds]\ntypical_nj = 1", "adds. of .*mine.toml has an unknown key 'typical_nj'; here it is 'typical_pj' .mind the unit"),
        (HEAD + "[adds]\nlow_pj = 1", "adds. of .*mine.toml has no typical_pj; wanted a number"),
        (HEAD + "[adds]\ntypical_pj = '1 nJ'", "typical_pj in .adds. of .*is '1 nJ'; wanted a number .its unit is in the key's name"),
        (HEAD + "[adds]\ntypical_pj = true", "typical_pj in .* is True; wanted a number"),
        (HEAD + "[adds]\ntypical_pj = 1\nsure = 'no'", "sure in .* is 'no'; wanted true or false"),
        (HEAD + "[adds]\ntypical_pj = -1", "mine.toml: price list 'x' has adds at -1 pJ; wanted 0 or more"),
        (HEAD + "[adds]\ntypical_pj = nan", "has adds at nan pJ"),
        (HEAD + "[adds]\ntypical_pj = 1\nhigh_pj = inf", "has adds at inf pJ"),
        (HEAD + "[adds]\ntypical_pj = 1\nlow_pj = 2", "has adds at 2 to 1 pJ, which 1 pJ is not in"),
        (HEAD + "[adds]\ntypical_pj = 1\nlow_pj = -2", "has adds at -2 pJ; wanted 0 or more"),
        (HEAD + "adds = 1", "adds in .*mine.toml is 1; wanted a table"),
        (HEAD + "[adds]\ntypical_pj = 1\n[neuron_adds]\ntypical_pj = 1", "prices neuron_adds twice"),
        (HEAD + "includes = 'spikes'", "includes in .* is 'spikes'; wanted a list"),
        (HEAD + "includes = [3]\n[adds]\ntypical_pj = 1", "includes in .* is .3.; wanted a list of names"),
        (HEAD + "includes = ['spike']\n[adds]\ntypical_pj = 1", "prices 'spike', which no tally counts; did you mean 'spikes'"),
        (HEAD + "includes = ['adds']\n[adds]\ntypical_pj = 1", "prices adds, and says that another price includes it"),
        (HEAD + "memory = 3", "memory in .* is 3; wanted a table"),
        (HEAD + "[memory]\nnear = 3", "near in .* is 3; wanted a table"),
        (HEAD + "[memory.near.adds]\ntypical_pj = 1", "memory.near. of .* has an unknown key 'adds'"),
        (HEAD + "[memory.near.reads]\ntypical_pj = -1", "price list 'near' has reads at -1 pJ"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        mine(tmp_path, text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    for name, says in (
        ("bytes.toml", "bytes.toml is no text: byte 0 is 255"),
        ("none.toml", "there is no file .*none.toml"),
    ):
        with pytest.raises(DataError, match=says):
            read_prices(tmp_path / name)
