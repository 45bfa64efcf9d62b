"""Stage `label`: attach to every face what is known about it."""
