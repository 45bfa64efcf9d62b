"""Stage `split`: which faces train, validate and test."""
