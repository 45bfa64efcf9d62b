"""What `make demo` prints at its end."""

import json
from pathlib import Path

import pytest
import yaml

from stages.tools import tour
from tests.project import ROOT


def test_the_models_stand_beside_the_trivial_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"n": 4, "gender": {"n": 4, "accuracy": 0.75, "baseline": {"accuracy": 0.5}}}
    (tmp_path / "results" / "compact").mkdir(parents=True)
    (tmp_path / "results" / "compact" / "metrics.json").write_text(json.dumps(figures))
    monkeypatch.chdir(tmp_path)
    head, row = tour.table(["compact"]).splitlines()
    assert head.split() == ["test", "faces", "compact", "trivial"]
    assert row.split() == ["gender", "accuracy", "0.750", "0.500"]


def test_it_points_at_outputs_of_the_dag() -> None:
    text = (ROOT / "dvc.yaml").read_text()
    assert all(place.removesuffix("/index.html") in text for place in tour.PLACES)
    assert "report/index.html" in str(yaml.safe_load(text)["stages"]["report"]["outs"])
