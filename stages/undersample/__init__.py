"""Stage `undersample`: balance the training faces."""
