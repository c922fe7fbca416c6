"""What a rule may be: its arguments, its errors, and its two forms."""

from __future__ import annotations

import argparse
import ast
import dis
import inspect
import logging
from typing import Any, ClassVar

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.kernels.codegen import gives_code


@en.rule
def amplify(i, s, t, out, tally, phi, seen, gain):
    """Add the gain; complain at index 3."""
    if i == 3:
        return 7
    seen[i] = t
    if s > 0:
        phi[i] += gain
    else:
        phi[i] -= gain
    return 0


class Amplifier(en.Module):
    """A module that exercises every kind of name."""

    gain = en.Param()
    phi = en.State()
    seen = en.Integers()
    spikes = en.Port(amplify, accepts="units")
    errors: ClassVar = {7: "the third unit is out of order"}


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_come_in_the_networks_own_number_type(engine: str, dtype: str) -> None:
    net = en.Network(dtype)
    module = net.add(Amplifier(4, gain=0.1))
    run = en.simulate(
        net, [(5, module.spikes, 1, 1), (6, module.spikes, 1, 1), (9, module.spikes, 2, -1)], engine=engine
    )
    gain = np.dtype(dtype).type(0.1)
    assert run.state(module)["phi"].tolist() == [0, float(gain + gain), float(-gain), 0]
    assert run.state(module)["seen"].tolist() == [0, 6, 9, 0]


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_an_error_code_becomes_the_modules_own_words(engine: str) -> None:
    net = en.Network()
    module = net.add(Amplifier(4, gain=1.0, name="amp"))
    with pytest.raises(RuleError, match=r"amp\.spikes at t=2.*the third unit is out of order"):
        en.simulate(net, [(2, module.spikes, 3, 1)], engine=engine)


def test_arguments_must_begin_with_the_five() -> None:
    with pytest.raises(NetworkError, match="begin with"):

        @en.rule
        def wrong(i, s, phi):
            return 0


def test_names_of_a_rule_must_be_declared() -> None:
    @en.rule
    def undeclared(i, s, t, out, tally, phi):
        """Takes what no class has."""

    with pytest.raises(
        NetworkError, match="rule 'undeclared' at port Bare.spikes takes 'phi', which the class does not"
    ):

        class Bare(en.Module):
            spikes = en.Port(undeclared)


def test_a_module_that_lacks_a_name_is_refused_by_both_engines() -> None:
    for engine in ("compiled", "reference"):
        net = en.Network()
        module = net.add(Amplifier(4, gain=1.0, name="bare"))
        del module.state["phi"]
        with pytest.raises(NetworkError, match="'bare' uses 'phi'"):
            en.simulate(net, [(0, module.spikes, 0, 1)], engine=engine)


def test_state_of_another_module_is_read_only() -> None:
    class Meddler(en.Module):
        other = en.Other(Amplifier)
        phi = en.State.of(other, "phi")
        seen = en.Integers()
        gain = en.Param(1.0)
        spikes = en.Port(amplify)

    net = en.Network()
    other = net.add(Amplifier(4, gain=1.0))
    module = net.add(Meddler(4, other))
    with pytest.raises(RuleError, match="read-only"):
        en.simulate(net, [(0, module.spikes, 0, 1)], engine="reference")


def test_a_rule_is_still_a_plain_function() -> None:
    phi, seen = np.zeros(2), np.zeros(2, np.int64)
    assert amplify(1, -1, 4, None, None, phi, seen, 0.5) == 0
    assert (phi.tolist(), seen.tolist()) == ([0, -0.5], [0, 4])


def test_byte_code_says_what_dis_says() -> None:
    """Of functions of the standard library, long ones among them, whether they return nothing, something or both."""

    def by_dis(function: Any) -> bool | None:
        before, nothing = None, set()
        for step in dis.get_instructions(function):
            if step.opname == "RETURN_CONST":
                nothing.add(step.argval is None)
            elif step.opname == "RETURN_VALUE":
                nothing.add(before is not None and before.opname == "LOAD_CONST" and before.argval is None)
            before = step
        return None if len(nothing) == 2 else nothing != {True}

    def by_rule(function: Any) -> bool | None:
        try:
            return gives_code(function)
        except NetworkError:
            return None

    functions = [value for module in (argparse, ast, inspect, logging) for value in vars(module).values()]
    functions += [value for one in functions if inspect.isclass(one) for value in vars(one).values()]
    scope: dict[str, Any] = {}
    exec("def many(x):\n" + "".join(f"    if x: return {k}.5\n" for k in range(300)) + "    return 0.5\n", scope)
    tried = [one for one in [*functions, scope["many"]] if inspect.isfunction(one)]
    assert [by_rule(one) for one in tried] == [by_dis(one) for one in tried]
    assert {by_rule(one) for one in tried} == {True, False, None}
