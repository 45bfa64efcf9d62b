"""Prefect: when and where the DAG runs, and how it went. What must run is DVC's to say."""
