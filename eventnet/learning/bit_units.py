"""Units that send a bit a step and average those that they receive: the compiled steps of `SpikingStates`.

Arrays of units are [samples, units], of one number type, bits among them. Sums of weights follow changes of bits: the
row of a bit that comes is added, that of a bit that goes is taken away, by unit, so that sums do not depend on threads
or on a library. Definitions and sources: `eventnet.models.equilibrium_spiking`.
"""

from __future__ import annotations

from eventnet.kernels.compiling import compiled

SIGMA_DELTA, STOCHASTIC, THRESHOLD = range(3)


@compiled(error_model="numpy")
def follow_bits(bits, was, w, sums):
    """sums [samples, n_out] take the rows of w [n_in, n_out] of bits [samples, n_in] that are not as they were."""
    for a in range(len(bits)):
        for i in range(bits.shape[1]):
            if bits[a, i] != was[a, i]:
                if bits[a, i] > was[a, i]:
                    for j in range(w.shape[1]):
                        sums[a, j] += w[i, j]
                else:
                    for j in range(w.shape[1]):
                        sums[a, j] -= w[i, j]


@compiled(error_model="numpy")
def encode_bits(encoder, value, lam, draws, last, phi, bits, was, counts):
    """Bits of units for their values (8.8, 8.11, 8.12), in place of those of the step before, which go to `was`.

    value, last, phi, bits, was: of a layer. draws: uniform numbers, for stochastic bits, else empty. counts: bits that
    are 1, and bits that have changed, so far.
    """
    number, zero, one = last.dtype.type, last.dtype.type(0), last.dtype.type(1)
    rest, half, lam = number(1 - lam), number(0.5), number(lam)
    ones = changes = 0
    for a in range(len(bits)):
        for i in range(bits.shape[1]):
            r = min(max(value[a, i], zero), one)
            much = (r - rest * last[a, i]) / lam
            last[a, i] = r
            was[a, i] = bits[a, i]
            if encoder == SIGMA_DELTA:
                waiting = phi[a, i] + much
                bit = one if waiting > half else zero
                phi[a, i] = waiting - bit
            elif encoder == STOCHASTIC:
                bit = one if much > draws[a, i] else zero
            else:
                bit = one if much > half else zero
            bits[a, i] = bit
            ones += bit > zero
            changes += bit != was[a, i]
    counts[0] += ones
    counts[1] += changes


@compiled(error_model="numpy")
def pull(a, j, states, below, above, v, bias, rest, lam, target, nudge):
    """The value that unit j of sample a is drawn to: v averages the sums of both sides, a target nudges. rest: 1 - lam.

    above, target: of no samples where there is none. States lie from 0 to 1, where rho's slope is 1.
    """
    u = below[a, j]
    if len(above):
        u += above[a, j]
    v[a, j] = rest * v[a, j] + lam * u
    total = v[a, j] + bias[j]
    if len(target):
        total += nudge * (target[a, j] - states[a, j])
    return total


@compiled(error_model="numpy")
def step_units(states, below, above, v, bias, lam, target, nudge, eps):
    """A step of a layer: states go by eps to where they are drawn, see `pull`. nudge: 2 beta."""
    number, zero, one = states.dtype.type, states.dtype.type(0), states.dtype.type(1)
    rest, lam, nudge, keep, eps = number(1 - lam), number(lam), number(nudge), number(1 - eps), number(eps)
    for a in range(len(states)):
        for j in range(states.shape[1]):
            total = pull(a, j, states, below, above, v, bias, rest, lam, target, nudge)
            states[a, j] = min(max(keep * states[a, j] + eps * total, zero), one)


@compiled(error_model="numpy")
def adapted(x, one, first, nu, old, tiny, average, drift, square, spread):
    """The step size for x, and what average, drift, square and spread become: see `Osa`.

    one: 1 of its type; old: 1 - nu; first: it is the first step, of size 1.
    """
    error = x - average
    drift = old * drift + nu * error
    square = old * square + nu * (error * error)
    noise = (square - drift * drift) / (one + spread)
    eps = one if first else one - (noise + tiny) / (square + tiny)
    rest = one - eps
    return eps, rest * average + eps * x, drift, square, rest * rest * spread + eps * eps


@compiled(error_model="numpy")
def adapt(x, steps, first, nu, tiny, average, drift, square, spread):
    """The step size of each element of x [n]."""
    number = average.dtype.type
    old, nu, tiny = number(1 - nu), number(nu), number(tiny)
    for k in range(len(x)):
        steps[k], average[k], drift[k], square[k], spread[k] = adapted(
            x[k], number(1), first, nu, old, tiny, average[k], drift[k], square[k], spread[k]
        )


@compiled(error_model="numpy")
def step_units_adapting(
    states, below, above, v, bias, lam, target, nudge, first, nu, tiny, average, drift, square, spread
):
    """The same with optimal step-size adaptation (E.1), an element at a time: see `adapted`."""
    number, zero, one = states.dtype.type, states.dtype.type(0), states.dtype.type(1)
    rest, lam, nudge = number(1 - lam), number(lam), number(nudge)
    old, nu, tiny = number(1 - nu), number(nu), number(tiny)
    for a in range(len(states)):
        for j in range(states.shape[1]):
            total = pull(a, j, states, below, above, v, bias, rest, lam, target, nudge)
            eps, average[a, j], drift[a, j], square[a, j], spread[a, j] = adapted(
                total, one, first, nu, old, tiny, average[a, j], drift[a, j], square[a, j], spread[a, j]
            )
            states[a, j] = min(max((one - eps) * states[a, j] + eps * total, zero), one)
