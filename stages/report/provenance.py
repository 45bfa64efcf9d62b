"""What made the numbers: data, parameters, code, libraries."""

import hashlib
import subprocess
from importlib.metadata import version
from pathlib import Path

import yaml

from stages.core import paths
from stages.core.program import read_params
from stages.core.store import digest

CODE = Path(__file__).parents[1]
LIBRARIES = ("icrawler", "mtcnn", "onnxruntime", "great-expectations", "tensorflow", "keras")
# The sections that made the numbers: not where work ran, nor what models may lose.
SECTIONS = (
    "scrape", "crop", "label", "validate", "split", "undersample", "shard", "train", "evaluate",
)  # fmt: skip


def parameters() -> str:
    """The sections of `params.yaml` that made the numbers, as YAML without comments."""
    params = read_params(paths.PARAMS)
    shown = {name: params[name] for name in SECTIONS}
    return yaml.safe_dump(shown, sort_keys=False, default_flow_style=None, allow_unicode=True)


def provenance(inputs: list[Path], params: str) -> dict[str, str]:
    """Data, parameters, code and libraries, each by a version that can be compared."""
    code = hashlib.sha256()
    for path in sorted(CODE.rglob("*.py")):
        code.update(f"{path.relative_to(CODE)}\0".encode() + path.read_bytes())
    data = hashlib.sha256("".join(digest(path) for path in inputs).encode())
    return {
        "data": data.hexdigest()[:12],
        "parameters": hashlib.sha256(params.encode()).hexdigest()[:12],
        "code": code.hexdigest()[:12],
        "commit": _last_commit(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def _last_commit() -> str:
    """The last commit that touched the code: the same on every later one that did not."""
    command = ["git", "log", "-1", "--format=%h", "--", str(CODE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "none (not in a git checkout)"
