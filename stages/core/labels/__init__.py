"""Labels: the kinds there are, and every label that is known."""
