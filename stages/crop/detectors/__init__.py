"""Face detectors: each file gives `load(min_face_side) -> Detector`."""
