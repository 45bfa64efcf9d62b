"""The comparison of two revisions: their data, its parameters and code, and their models."""
