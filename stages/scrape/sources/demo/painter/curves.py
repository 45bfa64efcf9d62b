"""Curves and outlines as points in face units."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]  # of shape (n, 2): x, y


@lru_cache(maxsize=8)
def _spline(steps: int) -> NDArray[np.float64]:
    """Catmull-Rom weights, of shape (steps, 4)."""
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    basis = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2.0
    return np.asarray(np.hstack([t**0, t, t**2, t**3]) @ basis)


def smooth(points: ArrayLike, closed: bool = False, steps: int = 7) -> Points:
    """A curve through the points."""
    knots = np.asarray(points, dtype=np.float64)
    ends = (knots[-1:], knots[:2]) if closed else (knots[:1], knots[-1:])
    padded = np.concatenate([ends[0], knots, ends[1]])
    windows = np.stack([padded[i : len(padded) - 3 + i] for i in range(4)])  # (4, segments, 2)
    curve = np.einsum("sk,knd->nsd", _spline(steps), windows).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, knots[-1:]])


def ribbon(curve: Points, width: float, start: float = 0.0, end: float = 0.0) -> Points:
    """The outline of a stroke along the curve, `width` thick, its ends tapering to those shares."""
    t = np.linspace(0.0, 1.0, len(curve))
    full = np.sqrt(np.sin(np.pi * np.clip(t, 0.02, 0.98)))
    taper = np.maximum(full, np.where(t < 0.5, start, end))[:, None] * (width / 2.0)
    along = np.gradient(curve, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    return np.concatenate([curve + across * taper, (curve - across * taper)[::-1]])


def ellipse(x: float, y: float, rx: float, ry: float, count: int = 28) -> Points:
    """An ellipse around (x, y)."""
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def mirror(points: ArrayLike) -> Points:
    """The points on the other side of the face."""
    return np.asarray(points, dtype=np.float64) * (-1.0, 1.0)
