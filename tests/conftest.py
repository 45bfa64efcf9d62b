"""What holds for every test."""

from hypothesis import settings

# Time says nothing on a machine that others use too.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
