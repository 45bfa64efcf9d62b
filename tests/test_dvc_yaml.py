"""The DAG itself: names agree, code dependencies are complete, nothing is persistent."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stages.core.code import closure
from tests.project import ROOT

DAG: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())
# Where work runs changes no byte of what comes out (tests/core/test_cluster.py).
WHERE = {"cluster"}
# Modules that a stage finds by name, where no import shows it: as dvc.yaml names them.
PLUG_INS = {
    "scrape": "stages/scrape/sources/${key}",
    "crop": "stages/crop/detectors/${crop.detector}.py",
    "train": "stages/train/models/${item}.py",
}


def body(stage: str) -> dict[str, Any]:
    """A stage's own mapping, within `foreach` or not."""
    entry: dict[str, Any] = DAG[stage]
    return dict(entry.get("do", entry))


def plug_ins(stage: str) -> dict[str, Path]:
    """The plug-ins that a stage may load, as dependencies of dvc.yaml, and where each begins."""
    if stage not in PLUG_INS:
        return {}
    pattern = re.sub(r"\$\{.*\}", "[a-z]*", PLUG_INS[stage])
    found = sorted(path for path in ROOT.glob(pattern) if path.name != "__init__.py")
    return {
        str(path.relative_to(ROOT)): path / "__init__.py" if path.is_dir() else path
        for path in found
    }


def loaded(*start: Path) -> set[str]:
    """Every module that shapes what comes of these, as paths from the project's folder."""
    return {str(module.relative_to(ROOT)) for module in closure(start)}


@pytest.mark.parametrize("stage", DAG)
def test_name_module_section_and_test_agree(stage: str) -> None:
    assert (ROOT / "stages" / stage / "__main__.py").exists()
    assert (ROOT / "tests" / stage / f"test_{stage}.py").exists()
    assert stage in PARAMS
    assert f"python -m stages.{stage} " in body(stage)["cmd"]


@pytest.mark.parametrize("stage", DAG)
def test_no_value_of_params_yaml_reaches_the_shell(stage: str) -> None:
    """DVC fills `${...}` into the text that a shell then runs."""
    assert "${" not in body(stage)["cmd"]
    assert ("foreach" in DAG[stage]) == ('--for "$DVC_STAGE"' in body(stage)["cmd"])
    assert "matrix" not in DAG[stage]  # with it DVC has no words for a list that is none


@pytest.mark.parametrize("stage", DAG)
def test_every_parameter_of_a_stage_is_a_dependency(stage: str) -> None:
    given = set(body(stage)["params"])
    if stage not in given:
        keys = {f"{stage}.{key}" for key in PARAMS[stage]}
        assert keys - given <= {"train.models", "scrape.sources"}  # one more runs no other again


def test_every_section_belongs_to_a_stage_or_a_module_of_its_name() -> None:
    others = set(PARAMS) - set(DAG) - {"help"}
    assert set(DAG) <= set(PARAMS)
    homes = ("core/{}.py", "tools/{}/__main__.py")
    for name in others:
        assert any((ROOT / "stages" / home.format(name)).exists() for home in homes), name


@pytest.mark.parametrize("stage", DAG)
def test_code_dependencies_are_what_the_stage_imports(stage: str) -> None:
    main, plugged = ROOT / "stages" / stage / "__main__.py", PLUG_INS.get(stage)
    code = {dep for dep in body(stage)["deps"] if dep.startswith("stages/")} - {plugged}
    used = set[str]()
    for own, start in (plug_ins(stage) or {"": main}).items():
        modules = loaded(main, start)
        used |= modules
        missing = sorted(m for m in modules if not any(covers(dep, m) for dep in {*code, own}))
        assert missing == [], f"{stage} {own} imports these without depending on them"
    needless = sorted(dep for dep in code if not any(covers(dep, m) for m in used))
    assert needless == [], f"{stage} depends on these without importing them"
    assert plugged is None or plugged in body(stage)["deps"]


def covers(dep: str, module: str) -> bool:
    """Whether a dependency is a module, or a folder around it."""
    return module == dep or module.startswith(f"{dep}/")


@pytest.mark.parametrize("stage", DAG)
def test_borrowed_parameters_are_dependencies(stage: str) -> None:
    tree = ast.parse((ROOT / "stages" / stage / "__main__.py").read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    runs = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "run"]
    borrowed = {ast.literal_eval(word.value) for call in runs for word in call.keywords}
    given = set(body(stage)["params"])
    assert [key for key in borrowed - WHERE if not {key, key.split(".")[0]} & given] == []


def test_the_report_depends_on_every_parameter_of_a_stage() -> None:
    """It prints `params.yaml`, and would otherwise show values of before where figures stay."""
    assert set(DAG) <= set(body("report")["params"])


def test_no_stage_runs_again_because_work_runs_elsewhere() -> None:
    given = {key.split(".")[0] for stage in DAG for key in body(stage)["params"]}
    assert given.isdisjoint(WHERE)


@pytest.mark.parametrize("stage", DAG)
def test_outputs_stay_where_they_belong_and_none_persists(stage: str) -> None:
    for kind in ("outs", "metrics", "plots"):
        for out in body(stage).get(kind, []):
            path, options = next(iter(out.items())) if isinstance(out, dict) else (out, {})
            assert path.split("/")[0] in {"data", "models", "results", "report"}
            assert not options.get("persist")
