"""Steps of Euler's method for networks in continuous time: plain NumPy, the clip as an assignment, spikes by the step."""

from __future__ import annotations

from typing import Any

import numpy as np


def euler(
    weights: list[Any], biases: list[Any], x: Any, *, lam: float, eps: float, until: float, dt: float,
    y: Any = None, beta: float = 0.0, nudged_from: float = np.inf, beta_before: float = 0.0,
) -> dict[str, Any]:  # fmt: skip
    """States, integrals and spikes (time, layer, unit) at the end; a target nudges from a time on, or before, too."""
    n = [len(b) for b in biases]
    v, s, phi, area = ([np.zeros(m) for m in n] for _ in range(4))
    spikes: list[tuple[float, int, int]] = []
    for step in range(round(until / dt)):
        fired = []
        for k, m in enumerate(n):
            drive = v[k] + biases[k] + (x @ weights[0] if k == 0 else 0.0)
            # rho' is 1 in the range, and 0 beyond: what would leave the range comes back to its end.
            move = eps * (drive - s[k])
            now = beta if step * dt >= nudged_from else beta_before
            if k == len(n) - 1 and now:
                move = move + 2 * now * eps * (y - s[k])
            new = np.minimum(np.maximum(s[k] + dt * move, 0.0), 1.0)
            phi[k] = phi[k] + dt * s[k] + (new - s[k]) / lam
            area[k] = area[k] + dt * s[k]
            s[k] = new
            fired.append(phi[k] > 0.5)
            phi[k] = phi[k] - fired[k]
            spikes += [(step * dt, k, int(j)) for j in np.flatnonzero(fired[k])]
            v[k] = v[k] - dt * lam * v[k]
            assert m == len(s[k])
        for k in range(len(n)):
            if k > 0:
                v[k] = v[k] + lam * fired[k - 1] @ weights[k]
            if k + 1 < len(n):
                v[k] = v[k] + lam * fired[k + 1] @ weights[k + 1].T
    return {"s": s, "v": v, "phi": phi, "area": area, "spikes": spikes}
