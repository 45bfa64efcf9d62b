"""How one model is fitted: examples, heads, devices, and what survives an interruption."""
