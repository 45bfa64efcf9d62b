"""What is trained: one module per network, found by its name."""
