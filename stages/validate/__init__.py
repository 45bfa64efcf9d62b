"""Stage `validate`: reject faces that break a rule, and publish what Great Expectations saw."""
