"""The code that shapes a result is what its module imports, directly or not."""

from pathlib import Path

import pytest

from stages.core.code import closure, fingerprint

START = Path("stages/crop/start.py")
FILES = {
    "stages/crop/start.py": "from stages.core import tables\nfrom stages.crop.boxes import area\n",
    "stages/crop/boxes.py": "def f():\n    import stages.core.late\n",
    "stages/crop/other.py": "",
    "stages/core/__init__.py": '"""Nothing but words."""\n',
    "stages/core/tables.py": "import pyarrow\nfrom stages.core import cluster\n",
    "stages/core/late.py": "",
    "stages/core/cluster.py": "from stages.core import elsewhere\n",
    "stages/core/elsewhere.py": "",
    "stages/pack/__init__.py": "from stages.pack.inner import x\n",
    "stages/pack/inner.py": "",
}
SHAPING = {
    "stages/crop/start.py", "stages/crop/boxes.py", "stages/core/tables.py", "stages/core/late.py",
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of a few modules; each test has paths of its own, as contents are remembered."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def test_what_is_imported_anywhere_and_indirectly(root: Path) -> None:
    assert {str(path.relative_to(root)) for path in closure([START], root)} == SHAPING


def test_a_package_with_code_counts(root: Path) -> None:
    (root / "stages/crop/start.py").write_text("from stages import pack\nimport stages.pack\n")
    names = [str(path.relative_to(root)) for path in closure([START], root)]
    assert names == ["stages/crop/start.py", "stages/pack/__init__.py", "stages/pack/inner.py"]


@pytest.mark.parametrize("edited", sorted(FILES))
def test_the_fingerprint_changes_with_what_shapes_and_nothing_else(
    root: Path, tmp_path_factory: pytest.TempPathFactory, edited: str
) -> None:
    other = tmp_path_factory.mktemp("edited")
    for name, content in FILES.items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_text(content + ("# edited\n" if name == edited else ""))
    same = fingerprint([START], root) == fingerprint([START], other)
    assert same == (edited not in SHAPING)
