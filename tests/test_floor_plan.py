"""docs/design.md's floor plan: no arrow runs backwards, and nothing goes round in a circle."""

import ast
from pathlib import Path

import networkx
import pytest

from stages.core import code
from tests.project import ROOT

# From the ground up; those of one line stand side by side and do not import each other.
FLOORS = (
    ("core",),
    ("pictures", "network"),
    ("formats",),
    ("forget",),
    ("scrape", "crop", "label", "validate", "split", "undersample", "shard", "train", "evaluate",
     "report"),
    ("tools",),
    ("flows",),
)  # fmt: skip
LEVEL = {name: level for level, floor in enumerate(FLOORS) for name in floor}
FILES = sorted(path for folder in ("stages", "flows") for path in (ROOT / folder).rglob("*.py"))


def imported(file: Path) -> set[Path]:
    """The project's modules that a file imports, anywhere in it."""
    files: set[Path] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            files |= {module for alias in node.names if (module := find(alias.name))}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [find(f"{node.module}.{alias.name}") for alias in node.names]
            files |= {module or find(node.module) or file for module in inside}
    return {module for module in files & set(FILES) if not code.is_docstring(module)}


def find(name: str) -> Path | None:
    """The project's file of a module or package, by its dotted name."""
    place = ROOT / name.replace(".", "/")
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def room(file: Path) -> str:
    """The floor plan's folder that a file is in."""
    first, second, *_ = file.relative_to(ROOT).parts
    return first if first == "flows" else second


ARROWS = [(file, other) for file in FILES for other in sorted(imported(file)) if other != file]


def test_every_folder_has_its_floor() -> None:
    rooms = {room(file) for file in FILES if file.parent != ROOT / "stages"}
    assert rooms == set(LEVEL)


def test_the_root_of_stages_holds_only_folders() -> None:
    assert [path.name for path in (ROOT / "stages").iterdir() if path.is_file()] == ["__init__.py"]


@pytest.mark.parametrize("name", sorted(LEVEL))
def test_arrows_go_down(name: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} -> {other.relative_to(ROOT)}"
        for file, other in ARROWS
        if room(file) == name and room(other) != name and LEVEL[room(other)] >= LEVEL[name]
    ]
    assert wrong == []


def test_no_files_import_each_other_in_a_circle() -> None:
    circles = networkx.strongly_connected_components(networkx.DiGraph(ARROWS))
    assert [sorted(map(str, circle)) for circle in circles if len(circle) > 1] == []


def test_no_folders_import_each_other_in_a_circle() -> None:
    folders = networkx.DiGraph(
        (file.parent, other.parent) for file, other in ARROWS if file.parent != other.parent
    )
    circles = networkx.strongly_connected_components(folders)
    assert [sorted(map(str, circle)) for circle in circles if len(circle) > 1] == []
