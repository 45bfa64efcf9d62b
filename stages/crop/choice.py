"""Which of a picture's faces are kept."""

from typing import Literal, get_args

from stages.pictures.face import Face

Policy = Literal["single", "largest", "all"]


def choose(
    faces: list[Face], policy: Policy, min_confidence: float, min_size: float
) -> tuple[list[Face], str | None]:
    """Keep the faces that the policy admits, or give the reason why none is left.

    Faces less confident than min_confidence, or whose shorter side is under min_size pixels, are
    passed over first. Of the rest "all" keeps every one, "largest" the one with the largest box
    (of equals the first), "single" the only one.
    Returns (faces, None) or ([], reason), the reason being one of: no_face, low_confidence,
    too_small, many_faces. Raises ValueError for another policy.
    """
    if policy not in get_args(Policy):
        raise ValueError(f"policy {policy!r} is not one of {', '.join(get_args(Policy))}")
    if not faces:
        return [], "no_face"
    sure = [face for face in faces if face.confidence >= min_confidence]
    if not sure:
        return [], "low_confidence"
    kept = [face for face in sure if min(face.box[2:]) >= min_size]
    if not kept:
        return [], "too_small"
    if policy == "single" and len(kept) > 1:
        return [], "many_faces"
    if policy == "largest":
        kept = [max(kept, key=lambda face: face.box[2] * face.box[3])]
    return kept, None
