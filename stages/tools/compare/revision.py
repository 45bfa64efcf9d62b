"""One revision of the project as DVC knows it: what its stages recorded, and the files they left.

Files that DVC tracks come from its cache, or from its default remote where there is one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dvc.api import DVCFileSystem
from dvc.dependency.param import ParamsDependency
from dvc.exceptions import DvcException, NotDvcRepoError
from dvc.repo import Repo
from dvc.scm import RevError

from stages.core.program import InputError

WORKSPACE = "workspace"  # DVC's name for the files in the working folder


@dataclass(frozen=True)
class Recorded:
    """What `dvc.lock` says of a stage: what its outputs were made from, even if edited since."""

    command: str
    params: dict[str, Any]  # by dotted key
    inputs: dict[str, str]  # hash by path of what it read: files, folders
    outputs: list[str]


class Revision:
    """A commit, branch, tag or experiment by name, or the workspace; `InputError` for others."""

    def __init__(self, name: str) -> None:
        self.name = name
        with self._explained():
            self.files = DVCFileSystem(rev=None if name == WORKSPACE else name)
            self._repo: Repo = self.files.repo
            self.stages = {
                stage.addressing.rpartition("dvc.yaml:")[2]: _recorded(stage)
                for stage in self._repo.index.stages
                if all(out.hash_info for out in stage.outs)
            }
        if not self.stages:
            raise InputError(f"{name}: no stage of dvc.yaml has run there; nothing to compare")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn DVC's errors into an `InputError` with the revision's name."""
        try:
            yield
        except RevError:
            raise InputError(f"{self.name}: no commit, branch, tag or experiment") from None
        except NotDvcRepoError:
            raise InputError(f"{self.name}: holds no DVC project") from None
        except DvcException as error:
            raise InputError(f"{self.name}: {' '.join(str(error).split())}") from error

    @cached_property
    def outputs(self) -> set[str]:
        """The paths of everything that stages made."""
        return {path for stage in self.stages.values() for path in stage.outputs}

    def names(self, folder: str, suffix: str) -> list[str]:
        """The outputs `<folder>/<name><suffix>`, by name, in order."""
        paths = (PurePosixPath(path) for path in self.outputs)
        return sorted(
            path.name.removesuffix(suffix)
            for path in paths
            if str(path.parent) == folder and path.name.endswith(suffix)
        )

    def params(self) -> dict[str, Any]:
        """Every parameter that a stage ran with, by dotted key."""
        return {key: value for stage in self.stages.values() for key, value in stage.params.items()}

    def unrun(self) -> list[str]:
        """The workspace's stages whose inputs have changed since they ran; none of a commit."""
        if self.name != WORKSPACE:
            return []
        with self._explained():
            return sorted(name.rpartition("dvc.yaml:")[2] for name in self._repo.status())

    def text(self, path: str) -> str:
        """A file's text, "" when the revision has no such file."""
        with self._opened(path, missing="") as file:
            return file.read().decode() if file else ""

    def json(self, path: str) -> Any:
        """A JSON file's content."""
        with self._opened(path) as file:
            return json.load(file)

    def table(self, path: str, columns: Iterable[str] | None = None) -> pa.Table:
        """A Parquet file's columns, those of `columns` that it has, without reading others."""
        with self._opened(path) as file:
            try:
                table = pq.ParquetFile(file)
                wanted = None if columns is None else set(columns) & set(table.schema_arrow.names)
                return table.read(wanted and sorted(wanted))
            except pa.ArrowInvalid as error:
                message = f"{self.name}: {path}: not a readable Parquet file ({error})"
                raise InputError(message) from error

    @contextmanager
    def _opened(self, path: str, missing: str | None = None) -> Iterator[Any]:
        with self._explained():
            try:
                file = self.files.open(path, "rb")
            except FileNotFoundError:
                if missing is None:
                    raise InputError(f"{self.name}: {path} {self._how_to_get(path)}") from None
                yield None
                return
            with file:
                yield file

    def _how_to_get(self, path: str) -> str:
        if path not in self.outputs:
            return "is not an output of it: its stage has not run there, or did not write it yet"
        every = "" if self.name == WORKSPACE else "--all-commits "
        return f"is not in DVC's cache; get it with: dvc fetch {every}{path}, or run dvc repro"


def _recorded(stage: Any) -> Recorded:
    params: dict[str, Any] = {}
    inputs: dict[str, str] = {}
    for dependency in stage.deps:
        if isinstance(dependency, ParamsDependency):
            params |= flat(dependency.hash_info.value or {})
        else:
            inputs[dependency.def_path] = str(dependency.hash_info.value)
    return Recorded(str(stage.cmd), params, inputs, [out.def_path for out in stage.outs])


def flat(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings by dotted key; an empty mapping stays a value."""
    values: dict[str, Any] = {}
    for key, value in params.items():
        name = f"{prefix}{key}"
        inner = flat(value, f"{name}.") if isinstance(value, Mapping) and value else {name: value}
        values |= inner
    return values
