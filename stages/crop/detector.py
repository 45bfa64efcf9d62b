"""What a detector is: it says where the faces of a picture are."""

from collections.abc import Callable
from typing import Protocol

from stages.pictures.decoder import Pixels
from stages.pictures.face import Face

# An upright picture (H, W, 3) in RGB of any size -> its faces, the most confident first; none
# where there is none. The same picture gives the same faces, whatever was looked at before.
Detector = Callable[[Pixels], list[Face]]


class DetectorPlugin(Protocol):
    """The contract of a file of `stages/crop/detectors`, found by its name in `crop.detector`."""

    def load(self, min_face_side: int) -> Detector:
        """Load the detector; once in a worker process, on one thread.

        min_face_side: side of the smallest face to look for, pixels. Confidences are 0 to 1,
        boxes lie in the picture. ModuleNotFoundError without a package that it needs.
        """
        ...
