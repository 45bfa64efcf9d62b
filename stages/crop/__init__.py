"""Stage `crop`: find faces and cut them out."""
