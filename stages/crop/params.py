"""The `crop` section of `params.yaml`."""

from typing import Annotated, Literal

from pydantic import Field

from stages.core.program import Section

# A share of the picture's longer side, on every side; below 0 that much is cut off.
Cut = Annotated[float, Field(gt=-0.5, le=2)]


class Params(Section):
    """How faces are detected and cropped."""

    detector: str = Field(
        description="Face detector: onnx, or mtcnn (the library's own, much slower)."
    )
    faces: Literal["single", "largest", "all"] = Field(
        description="Faces kept per picture: one if it is the only one, the largest, or all."
    )
    margin: float = Field(
        gt=-0.5,
        le=2,
        description="Added on every side of the box, as a share of its longer side; below 0 cut.",
    )
    size: int = Field(ge=16, le=1024, description="Width and height of the crop, pixels.")
    align: bool = Field(description="Rotate the face so that the eyes are level.")
    min_confidence: float = Field(
        ge=0, le=1, description="Faces that the detector is less sure of are dropped."
    )
    min_face_side: int = Field(
        ge=12, description="Faces whose box has a shorter side than this are dropped, pixels."
    )
    jpeg_quality: int = Field(ge=1, le=100, description="JPEG quality of the stored crop.")
    precropped: dict[str, Cut] = Field(
        description="Sources that are faces already, not detected: their margin, below 0 cuts off."
    )
