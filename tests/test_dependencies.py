"""Every package that the code imports is declared in pyproject.toml, not left to another's."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.project import ROOT

# Namespaces that several distributions share: which of them is meant.
SHARED = {"google": "protobuf"}


def imported() -> dict[str, set[str]]:
    """The top-level packages that the code imports, each with the files that do."""
    packages: dict[str, set[str]] = {}
    for folder in ("stages", "flows"):
        for file in (ROOT / folder).rglob("*.py"):
            for name in names(file):
                packages.setdefault(name.split(".")[0], set()).add(str(file.relative_to(ROOT)))
    ours = {"stages", "flows"}
    return {name: packages[name] for name in packages.keys() - sys.stdlib_module_names - ours}


def names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def normal(distribution: str) -> str:
    """A distribution's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", distribution)[0]).lower()


def test_every_imported_package_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    declared = {normal(each) for some in (project["dependencies"], *extras) for each in some}
    distributions = packages_distributions()
    undeclared = {}
    for name, files in imported().items():
        distribution = SHARED.get(name) or distributions[name][0]
        if normal(distribution) not in declared:
            undeclared[distribution] = sorted(files)
    assert undeclared == {}


def test_every_declared_package_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text().splitlines()
    locked = {normal(line) for line in lock if re.match(r"[A-Za-z0-9]", line)}
    assert {normal(each) for each in project["dependencies"]} - locked == set()
