"""Invented celebrities, drawn: faces with a known truth, from nothing but a name."""
