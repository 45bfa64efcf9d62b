"""Where pictures come from: one module per source, found by its name."""
