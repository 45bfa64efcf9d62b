"""Face detectors: each file gives `load(min_face_size) -> Detector`."""
