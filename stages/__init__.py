"""The pipeline: one folder per stage, and the floors that they stand on (docs/design.md)."""
