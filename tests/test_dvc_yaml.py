"""The DAG itself: names agree, code dependencies are complete, nothing is persistent."""

import ast
import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DAG: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())
# Where work runs changes no byte of what comes out (tests/test_cluster.py): no reason to run again.
WHERE = {"cluster"}
# Modules that a stage finds by name, where no import shows it.
PLUG_INS = {"scrape": "sources", "crop": "detectors", "train": "models"}


def body(stage: str) -> dict[str, Any]:
    """A stage's own mapping, within `foreach` or `matrix` or not."""
    entry: dict[str, Any] = DAG[stage]
    return dict(entry.get("do", entry))


@functools.cache
def imports(path: Path) -> frozenset[Path]:
    """The project's modules that one module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    files = {ROOT / (name.replace(".", "/") + ".py") for name in names if name[:7] == "stages."}
    return frozenset(file for file in files if file.exists())


def closure(stage: str) -> set[str]:
    """Every module that a stage's process may load, as paths from the project's folder."""
    todo = {ROOT / "stages" / f"{stage}.py"}
    if stage in PLUG_INS:
        todo |= set((ROOT / "stages" / PLUG_INS[stage]).glob("[a-z]*.py"))
    found: set[Path] = set()
    while todo:
        module = todo.pop()
        found.add(module)
        todo |= imports(module) - found
    return {str(module.relative_to(ROOT)) for module in found}


@pytest.mark.parametrize("stage", DAG)
def test_name_module_section_and_test_agree(stage: str) -> None:
    assert (ROOT / "stages" / f"{stage}.py").exists()
    assert (ROOT / "tests" / f"test_{stage}.py").exists()
    assert stage in PARAMS
    assert f"python -m stages.{stage} " in body(stage)["cmd"]


@pytest.mark.parametrize("stage", DAG)
def test_every_parameter_of_a_stage_is_a_dependency(stage: str) -> None:
    given = set(body(stage)["params"])
    if stage not in given:
        keys = {f"{stage}.{key}" for key in PARAMS[stage]}
        assert keys - given == {"train.models"}  # the matrix: one more retrains no other


def test_every_section_belongs_to_a_stage_or_a_module_of_its_name() -> None:
    others = set(PARAMS) - set(DAG)
    assert set(DAG) <= set(PARAMS)
    assert [name for name in others if not (ROOT / "stages" / f"{name}.py").exists()] == []


@pytest.mark.parametrize("stage", DAG)
def test_code_dependencies_are_what_the_stage_imports(stage: str) -> None:
    code = {dep for dep in body(stage)["deps"] if dep.startswith("stages/") and dep[-3:] != ".j2"}
    modules = closure(stage)

    def covers(dep: str, module: str) -> bool:
        folder = dep.split("${", maxsplit=1)[0].rstrip(
            "/"
        )  # stages/models/${item.model}.py: any of them
        return module == dep or module.startswith(f"{folder}/")

    missing = sorted(m for m in modules if not any(covers(dep, m) for dep in code))
    needless = sorted(dep for dep in code if not any(covers(dep, m) for m in modules))
    assert missing == [], f"{stage} imports these without depending on them"
    assert needless == [], f"{stage} depends on these without importing them"


@pytest.mark.parametrize("stage", DAG)
def test_borrowed_parameters_are_dependencies(stage: str) -> None:
    tree = ast.parse((ROOT / "stages" / f"{stage}.py").read_text())
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
