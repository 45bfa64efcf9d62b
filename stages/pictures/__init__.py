"""Hostile pictures and the geometry of faces in them. Knows no table and no stage."""
