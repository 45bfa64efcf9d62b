"""The files, folders and programs that the pages name exist."""

import importlib.util
import re
from pathlib import Path

import pytest

from tests.project import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOLDERS = "(?:stages|flows|tests|benchmarks|conf)"
PATH = re.compile(rf"(?<![\w/.{{$]){FOLDERS}/[\w./-]*\w")
NAME = re.compile(rf"(?:(?<=python -m )|(?<=`)){FOLDERS}(?:\.\w+)+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    paths = set(PATH.findall(page.read_text(encoding="utf-8")))
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    names = set(NAME.findall(page.read_text(encoding="utf-8")))
    assert {name for name in names if not exists(name)} == set()


def exists(name: str) -> bool:
    """Whether it is a module, or something that a module holds."""
    module, _, member = name.rpartition(".")
    if importlib.util.find_spec(module) is None:
        return False
    held = importlib.import_module(module)
    return hasattr(held, member) or (
        hasattr(held, "__path__") and importlib.util.find_spec(name) is not None
    )
