"""A result in the store is keyed by the code that shapes it: an edit of any such module is seen."""

import shutil
from pathlib import Path

import pytest

from stages.core import code
from stages.crop.partitions import crop_code
from stages.scrape.partition_store import row_code
from tests.project import ROOT

CLOSURES = {
    "scrape of a folder": row_code("folder"),
    "scrape of a search": row_code("bing"),
    "crop": crop_code("onnx"),
}


@pytest.mark.parametrize("result", CLOSURES)
def test_an_edit_of_any_module_in_the_closure_changes_the_key(result: str, tmp_path: Path) -> None:
    modules = [path.relative_to(ROOT) for path in CLOSURES[result]]
    assert len(modules) > 10
    keys = {code.fingerprint(modules)}
    for number, edited in enumerate(modules):
        root = tmp_path / str(number)  # a folder of its own, as contents are remembered by path
        for module in modules:
            (root / module).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / module, root / module)
        with (root / edited).open("a") as file:
            file.write("# edited\n")
        keys.add(code.fingerprint(modules, root))
    assert len(keys) == 1 + len(modules)


@pytest.mark.parametrize("result", CLOSURES)
def test_no_list_of_labels_is_in_the_key(result: str) -> None:
    """A new label fetches and crops nothing again."""
    names = {str(path.relative_to(ROOT)) for path in CLOSURES[result]}
    assert "stages/core/labels/known.py" not in names
    assert names.isdisjoint(code.SHAPELESS)
