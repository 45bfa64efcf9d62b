"""Where the head and the body are in a picture."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from stages.scrape.sources.demo.painter.curves import Points
from stages.scrape.sources.demo.painter.shot import Shot


@dataclass(frozen=True)
class Pose:
    """Where face units lie in the picture: origin and unit in pixels, tilt in degrees."""

    x: float
    y: float
    unit: float
    tilt: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0

    def place(self, points: ArrayLike) -> Points:
        """Face units to pixels: what lies nearer the viewer moves further when the head turns."""
        x, y = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
        near = np.sqrt(np.clip(1.0 - 0.95 * x * x, 0.05, 1.0)) * np.clip(y + 1.4, 0.0, 1.0)
        x, y = x + self.yaw * near, y + self.pitch * near
        sine, cosine = math.sin(math.radians(self.tilt)), math.cos(math.radians(self.tilt))
        turned = np.stack([x * cosine - y * sine, x * sine + y * cosine], axis=1)
        return np.asarray(turned * self.unit + (self.x, self.y))


def head_pose(shot: Shot) -> Pose:
    """Where the head is: its origin lies between the eyes."""
    unit = shot.width * shot.scale / 2.0
    x, y = shot.centre[0] * shot.width, shot.centre[1] * shot.height
    return Pose(x, y, unit, shot.tilt, shot.yaw, shot.pitch)


def body_pose(shot: Shot) -> Pose:
    """Neck and shoulders follow the head's tilt less than halfway, and do not turn."""
    head = head_pose(shot)
    return Pose(head.x, head.y, head.unit, 0.45 * shot.tilt)
