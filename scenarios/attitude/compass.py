"""A visual compass: how a frame is turned against a known panorama, by least squares on its brightness.

What the camera would see at an attitude is looked up in the panorama. What the frame has more, and how that would
change with a small turn, give the turn (Gauss-Newton; image registration after Lucas and Kanade 1981), again until it
is `ENOUGH`, at most `ROUNDS` times. Turns about all axes are found together, as yaw alone would take tilt for yaw.

Of a pixel and a round: its direction, 6 products and 6 adds; the panorama at it, bilinear, 5 and 8; its exponential 1;
the residual and its slopes 5 products and 6 adds; three slopes by turns 7 and 5; their sums 10 and 10.
"""

from __future__ import annotations

import math

from numba.extending import register_jitable

from eventnet.scenarios.attitude.rotation import TURN_ADDS, TURN_MULTIPLIES, matrix_of, turn_world
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS

ROUNDS = 3
LOOK_ADDS, LOOK_MULTIPLIES, TEXELS = 6 + 8, 6 + 5 + 1, 4
PIXEL_ADDS, PIXEL_MULTIPLIES = 6 + 5 + 10, 5 + 7 + 10
SOLVE_ADDS, SOLVE_MULTIPLIES = 14 + 6, 21 + 9
MOST, ENOUGH = 0.2, 1e-3
"""Radians: a round that would turn farther is cut; after one that turned less there is no other."""


@register_jitable
def brightness(x, y, z, faces):
    """Brightness in a direction: exp of the panorama's log intensity, bilinear. faces [6 sides, side]: see Panorama.

    nan where the direction is none: an attitude that has grown without bound is not looked up.
    """
    side = faces.shape[1]
    ax, ay, az = abs(x), abs(y), abs(z)
    if az >= ax and az >= ay:
        face, major, a, b = 4, z, x, y
    elif ax >= ay:
        face, major, a, b = 0, x, y, z
    else:
        face, major, a, b = 2, y, x, z
    if major < 0.0:
        face += 1
    scale = 0.5 * (side - 2) / abs(major)
    u, v = a * scale + 0.5 * (side - 1), b * scale + 0.5 * (side - 1)
    if not (0.0 <= u < side - 1 and 0.0 <= v < side - 1):
        return math.nan
    i, j = int(u), int(v)
    across, below, row = u - i, v - j, face * side + j
    top = faces[row, i] + across * (faces[row, i + 1] - faces[row, i])
    bottom = faces[row + 1, i] + across * (faces[row + 1, i + 1] - faces[row + 1, i])
    return math.exp(top + below * (bottom - top))


@register_jitable
def register(q, frame, faces, focal, width, seen, turned, sums, tally):
    """Turn q, an attitude in the middle of the exposure, until it fits the frame; how far: `turned` [3], the world's.

    frame, seen: [pixels], the frame and room for what is expected. sums: [9], room. Returns the mean squared residual
    over the curvature: the variance that the residual leaves of a turn, in radians squared, as a mean of the axes.
    """
    height = len(frame) // width
    turned[0] = turned[1] = turned[2] = 0.0
    variance = 0.0
    for _ in range(ROUNDS):
        look_up(q, faces, focal, width, seen)
        squares, n = compare(frame, seen, focal, width, sums), (height - 2) * (width - 2)
        variance = 3.0 * squares / n / (sums[0] + sums[3] + sums[5] + 1e-9)
        tally[NEURON_ADDS] += len(frame) * LOOK_ADDS + n * PIXEL_ADDS + SOLVE_ADDS + TURN_ADDS + 3
        tally[MULTIPLIES] += len(frame) * LOOK_MULTIPLIES + n * PIXEL_MULTIPLIES + SOLVE_MULTIPLIES + TURN_MULTIPLIES
        tally[READS] += TEXELS * len(frame)
        tally[COMPARES] += 9
        x, y, z = solve(sums)
        a, b, c, d, e, f, g, h, i = matrix_of(q)
        dx, dy, dz = cut(a * x + b * y + c * z), cut(d * x + e * y + f * z), cut(g * x + h * y + i * z)
        turn_world(q, dx, dy, dz)
        turned[0] += dx
        turned[1] += dy
        turned[2] += dz
        if abs(dx) < ENOUGH and abs(dy) < ENOUGH and abs(dz) < ENOUGH:
            break
    return variance


@register_jitable
def cut(turn):
    """A turn that is not too far."""
    return min(max(turn, -MOST), MOST)


@register_jitable
def look_up(q, faces, focal, width, seen):
    """Write into seen [pixels] the brightness that the camera would see at attitude q."""
    a, b, c, d, e, f, g, h, i = matrix_of(q)
    for k in range(len(seen)):
        x, y = k % width - 0.5 * (width - 1), k // width - 0.5 * (len(seen) // width - 1)
        seen[k] = brightness(
            a * x + b * y + c * focal, d * x + e * y + f * focal, g * x + h * y + i * focal, faces
        )  # fmt: skip


@register_jitable
def compare(frame, seen, focal, width, sums):
    """The equations for a small turn about the camera's axes: A x = b in `sums`; returns the squared residuals' sum."""
    height, squares = len(frame) // width, 0.0
    for k in range(9):
        sums[k] = 0.0
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            k = row * width + column
            px, py = (column - 0.5 * (width - 1)) / focal, (row - 0.5 * (height - 1)) / focal
            gx = 0.5 * focal * (seen[k + 1] - seen[k - 1])
            gy = 0.5 * focal * (seen[k + width] - seen[k - width])
            r, along = frame[k] - seen[k], gx * px + gy * py
            jx, jy, jz = -(py * along + gy), px * along + gx, gy * px - gx * py
            squares += r * r
            sums[0] += jx * jx
            sums[1] += jx * jy
            sums[2] += jx * jz
            sums[3] += jy * jy
            sums[4] += jy * jz
            sums[5] += jz * jz
            sums[6] += r * jx
            sums[7] += r * jy
            sums[8] += r * jz
    return squares


@register_jitable
def solve(s):
    """x of A x = b: A symmetric, its entries 00 01 02 11 12 22, then b."""
    a = s[0] + 1e-9
    l1, l2 = s[1] / a, s[2] / a
    d1 = s[3] + 1e-9 - l1 * s[1]
    m2 = s[4] - l1 * s[2]
    l3 = m2 / d1
    d2 = s[5] + 1e-9 - l2 * s[2] - l3 * m2
    y1 = s[7] - l1 * s[6]
    y2 = s[8] - l2 * s[6] - l3 * y1
    z = y2 / d2
    y = y1 / d1 - l3 * z
    return s[6] / a - l1 * y - l2 * z, y, z
