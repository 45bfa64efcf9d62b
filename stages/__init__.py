"""The work: one module per DAG stage, and what the stages share."""
