"""Which code shapes a result: the project's modules that a module imports, read from their text.

A result in the store is keyed by this code, and tests/test_dvc_yaml.py compares dvc.yaml with it.
"""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Where work runs, how far it is, where files are made and what is refused before any work:
# none of it changes a byte of what comes out.
SHAPELESS = frozenset(
    {
        "stages/core/cluster.py",
        "stages/core/paths.py",
        "stages/core/preflight.py",
        "stages/core/progress.py",
        "stages/core/scratch.py",
    }
)


def closure(modules: Iterable[Path], root: Path = ROOT) -> list[Path]:
    """These modules and all that they import, directly or not, in order of their paths.

    modules: files, relative to `root` or below it. Imports inside functions count. Modules of
    `SHAPELESS`, and what only they import, do not; nor do packages that hold only a docstring.
    """
    waiting, known = {root / module for module in modules}, set[Path]()
    while waiting:
        module = waiting.pop()
        known.add(module)
        waiting |= _imports(module, root) - known
    return sorted(known)


def fingerprint(modules: Iterable[Path], root: Path = ROOT) -> str:
    """A hash that changes with any module of the closure, and with nothing else."""
    content = hashlib.sha256()
    for path in closure(modules, root):
        content.update(f"{path.relative_to(root)}\0{_digest(path)}\0".encode())
    return content.hexdigest()


def is_docstring(file: Path) -> bool:
    """Whether a package's own file holds nothing but its docstring."""
    if file.name != "__init__.py":
        return False
    return all(isinstance(node, ast.Expr) for node in ast.parse(file.read_bytes()).body)


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _imports(module: Path, root: Path) -> frozenset[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    places = [root / name.replace(".", "/") for name in names if name.startswith("stages.")]
    files = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
    return frozenset(file for file in files if file.is_file() and _shapes(file, root))


def _shapes(file: Path, root: Path) -> bool:
    if is_docstring(file):
        return False
    return str(file.relative_to(root)) not in SHAPELESS
