"""What each of the seven expressions does to a face, after the action units of Ekman's FACS."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from stages.scrape.sources.demo.painter.shot import Shot


@dataclass(frozen=True)
class ExpressionShape:
    """Displacements in half face widths, upwards where they say up; the rest are shares."""

    brow_inner_up: float = 0.0
    brow_outer_up: float = 0.0
    brow_together: float = 0.0
    frown: float = 0.0  # the furrow between the brows
    eye_open: float = 1.0
    squint: float = 0.0  # the lower lid rises
    gaze_down: float = 0.0
    corner_up: float = 0.0
    gape: float = 0.0
    roundness: float = 0.0  # of the open mouth
    stretch: float = 0.0  # of the mouth's width
    upper_lip_up: float = 0.0
    teeth: float = 0.0  # 0 none, 1 upper row, 2 both rows
    cheek_up: float = 0.0
    nose_wrinkle: float = 0.0
    chin_drop: float = 0.0


EXPRESSION_SHAPES: Mapping[str, ExpressionShape] = MappingProxyType(
    {
        "neutral": ExpressionShape(),
        "happy": ExpressionShape(
            brow_outer_up=0.02,
            eye_open=0.86,
            squint=0.3,
            corner_up=0.15,
            gape=0.13,
            stretch=0.07,
            teeth=1.0,
            cheek_up=1.0,
        ),
        "sad": ExpressionShape(
            brow_inner_up=0.11,
            brow_outer_up=-0.05,
            brow_together=0.03,
            frown=0.4,
            eye_open=0.74,
            gaze_down=0.035,
            corner_up=-0.11,
            stretch=-0.03,
        ),
        "angry": ExpressionShape(
            brow_inner_up=-0.12,
            brow_outer_up=0.05,
            brow_together=0.06,
            frown=1.0,
            eye_open=0.84,
            squint=0.22,
            corner_up=-0.07,
            gape=0.07,
            teeth=2.0,
            stretch=0.0,
            nose_wrinkle=0.3,
            roundness=0.3,
        ),
        "disgust": ExpressionShape(
            brow_inner_up=-0.07,
            brow_outer_up=-0.02,
            brow_together=0.03,
            frown=0.5,
            eye_open=0.62,
            squint=0.35,
            corner_up=-0.09,
            upper_lip_up=0.06,
            gape=0.04,
            teeth=1.0,
            nose_wrinkle=1.0,
            cheek_up=0.5,
            stretch=-0.03,
        ),
        "fear": ExpressionShape(
            brow_inner_up=0.09,
            brow_outer_up=0.03,
            brow_together=0.04,
            frown=0.25,
            eye_open=1.2,
            corner_up=-0.03,
            gape=0.105,
            teeth=2.0,
            stretch=0.05,
            roundness=0.4,
            chin_drop=0.0,
        ),
        "surprise": ExpressionShape(
            brow_inner_up=0.09,
            brow_outer_up=0.1,
            eye_open=1.24,
            gape=0.2,
            roundness=1.0,
            stretch=-0.09,
            chin_drop=0.02,
        ),
    }
)


def expression_shape(shot: Shot) -> ExpressionShape:
    """The shot's expression, as strongly as it is shown."""
    expression, k = EXPRESSION_SHAPES[shot.expression], shot.intensity
    return replace(
        expression,
        brow_inner_up=expression.brow_inner_up * k,
        brow_outer_up=expression.brow_outer_up * k,
        eye_open=1.0 + (expression.eye_open - 1.0) * k,
        corner_up=expression.corner_up * k,
        gape=expression.gape * k,
    )
