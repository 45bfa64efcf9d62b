"""Labels: the kinds there are, every label that is known, and the tables that carry them."""
