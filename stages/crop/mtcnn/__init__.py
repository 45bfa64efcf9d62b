"""MTCNN's networks and weights, for the detectors built on them."""
