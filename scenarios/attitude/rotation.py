"""Quaternions and an arm, compiled: of an attitude's rule, and of the Kalman filter beside it.

A quaternion (w, x, y, z) is a rotation from the body's axes (x right, y down, z forward) to the world's. What each
function adds and multiplies is beside it; a sine, a cosine and a division count as a multiplication.
"""

from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

JOINTS = 3

PRODUCT_ADDS, PRODUCT_MULTIPLIES = 12, 16
NORM_ADDS, NORM_MULTIPLIES = 4, 9
SMALL_ADDS, SMALL_MULTIPLIES = 4, 8
TURN_ADDS = PRODUCT_ADDS + NORM_ADDS + SMALL_ADDS
TURN_MULTIPLIES = PRODUCT_MULTIPLIES + NORM_MULTIPLIES + SMALL_MULTIPLIES
"""Of `turn_body` and of `turn_world`."""
DOWN_ADDS, DOWN_MULTIPLIES = 7, 6
CROSS_ADDS, CROSS_MULTIPLIES = 3, 6
ARM_ADDS, ARM_MULTIPLIES = 7, 15
PLACE_ADDS, PLACE_MULTIPLIES = 21, 18


@register_jitable
def small(x, y, z):
    """The quaternion of a small turn (radians about x, y and z), to the third order."""
    x, y, z = 0.5 * x, 0.5 * y, 0.5 * z
    square = x * x + y * y + z * z
    part = 1.0 - square / 6.0
    return 1.0 - 0.5 * square, part * x, part * y, part * z


@register_jitable
def multiply(q, a, b, c, d, left):
    """q <- (a, b, c, d) q, or q (a, b, c, d), brought back to length 1 by one step of Newton's."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    if left:
        w, x, y, z, a, b, c, d = a, b, c, d, w, x, y, z
    q0 = w * a - x * b - y * c - z * d
    q1 = w * b + x * a + y * d - z * c
    q2 = w * c - x * d + y * a + z * b
    q3 = w * d + x * c - y * b + z * a
    scale = 1.5 - 0.5 * (q0 * q0 + q1 * q1 + q2 * q2 + q3 * q3)
    q[0], q[1], q[2], q[3] = scale * q0, scale * q1, scale * q2, scale * q3


@register_jitable
def turn_body(q, x, y, z):
    """Turn about the body's axes, by radians."""
    a, b, c, d = small(x, y, z)
    multiply(q, a, b, c, d, False)


@register_jitable
def turn_world(q, x, y, z):
    """Turn about the world's axes, by radians."""
    a, b, c, d = small(x, y, z)
    multiply(q, a, b, c, d, True)


@register_jitable
def down_of(q):
    """The direction of the world's y axis in the body's axes."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    p, r = x * y + w * z, y * z - w * x
    s = x * x + z * z
    return p + p, 1.0 - s - s, r + r


@register_jitable
def matrix_of(q):
    """The matrix of a quaternion, row by row."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    return (
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    )  # fmt: skip


@register_jitable
def reach(angles, arm, tip):
    """The end point about the body's axes: the first joint turns about y, the others about x; angles in degrees.

    arm [5]: where the first joint sits on the body, then both links' lengths, in metres.
    """
    first, second = math.radians(angles[0]), math.radians(angles[1])
    third = second + math.radians(angles[2])
    forward = arm[3] * math.cos(second) + arm[4] * math.cos(third)
    tip[0] = arm[0] + forward * math.sin(first)
    tip[1] = arm[1] - arm[3] * math.sin(second) - arm[4] * math.sin(third)
    tip[2] = arm[2] + forward * math.cos(first)


@register_jitable
def place(q, tip, placed):
    """Turn a point [3] of the body into the world: p + 2 (w u + v x u), u = v x p."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    a, b, c = y * tip[2] - z * tip[1], z * tip[0] - x * tip[2], x * tip[1] - y * tip[0]
    d, e, f = w * a + y * c - z * b, w * b + z * a - x * c, w * c + x * b - y * a
    placed[0], placed[1], placed[2] = tip[0] + d + d, tip[1] + e + e, tip[2] + f + f


def matrices(q: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrices [n, 3, 3] of quaternions [n, 4]."""
    return np.stack(matrix_of(q.T), axis=1).reshape(-1, 3, 3)
