"""Programs that are no stage."""
