"""The paths that code must know beside those that dvc.yaml passes, from the project's folder."""

from pathlib import Path

PARAMS = Path("params.yaml")
DAG = Path("dvc.yaml")
LOCK = Path("dvc.lock")
DEPLOYMENTS = Path("prefect.yaml")
CATALOGUE = Path("data/celebrities.csv")
FORGOTTEN = Path("data/forgotten.csv")
STORE = Path(".store")
RESULTS = Path("results")
