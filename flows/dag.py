"""What DVC's graph says, for flows: the stages, what each needs, and whether it has changed.

Flows name no stage. What they must know of one beyond DVC's own is in its `meta` in dvc.yaml:
`retries`, `pool` (the work pool that it needs) and `dataset` (its outputs are the dataset).
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import networkx
import yaml
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo, lock_repo
from dvc.repo.reproduce import get_active_graph
from pydantic import BaseModel, Field, ValidationError

from stages.core import paths
from stages.core.program import InputError


@dataclass(frozen=True)
class Stage:
    """One stage of DVC's graph."""

    name: str  # as DVC addresses it
    needs: frozenset[str]  # the stages right before it
    retries: int = 0
    pool: str | None = None
    dataset: bool = False
    outs: tuple[str, ...] = ()  # paths of all outputs
    metrics: tuple[str, ...] = ()  # of those that are metrics


class Meta(BaseModel):
    """A stage's `meta` in dvc.yaml; keys of others are theirs."""

    retries: int = Field(0, ge=0)
    pool: str | None = None
    dataset: bool = False


def stages(targets: Sequence[str] = ()) -> list[Stage]:
    """DVC's stages, each after those it needs: all, or `targets` and what they need.

    The name of a `foreach` means all its members. `InputError` when a target is none.
    """
    with _repo() as repo:
        graph = get_active_graph(repo.index.graph)  # an edge leads to a stage that is needed
        wanted = [found for target in targets for found in _collect(repo, target)] or list(graph)
        needed = set(wanted).union(*(networkx.descendants(graph, stage) for stage in wanted))
        order = networkx.lexicographical_topological_sort(
            graph.reverse().subgraph(needed), key=lambda stage: str(stage.addressing)
        )
        return [_described(graph, stage) for stage in order]


def _collect(repo: Repo, target: str) -> list[Any]:
    try:
        return list(repo.stage.collect(target))
    except DvcException as error:
        known = ", ".join(sorted(stage.addressing for stage in repo.index.stages))
        raise InputError(f"targets: {target!r}: {error}; stages: {known}") from None


def _described(graph: networkx.DiGraph, stage: Any) -> Stage:
    try:
        meta = Meta.model_validate(stage.meta or {})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(["stages", stage.addressing, "meta", *map(str, first["loc"])])
        message = f"dvc.yaml: {key} = {first['input']!r}: {first['msg']}"
        raise InputError(message) from None
    needs = frozenset(str(before.addressing) for before in graph.successors(stage))
    return Stage(
        name=str(stage.addressing),
        needs=needs,
        retries=meta.retries,
        pool=meta.pool,
        dataset=meta.dataset,
        outs=tuple(os.path.relpath(out.fs_path) for out in stage.outs),
        metrics=tuple(os.path.relpath(out.fs_path) for out in stage.outs if out.is_metric),
    )


def upstream(stage: Stage, stages: Sequence[Stage]) -> set[str]:
    """The names of a stage and of all, among `stages`, that it needs."""
    graph = networkx.DiGraph({each.name: each.needs for each in stages})
    known = {each.name for each in stages}
    needed: set[str] = networkx.descendants(graph.subgraph(known), stage.name)
    return needed | {stage.name}


def unchanged(stage: Stage) -> bool:
    """Whether `dvc repro` would skip the stage; waits while another process holds DVC's lock."""
    with _repo() as repo, lock_repo(repo):
        try:
            return not repo.stage.get_target(stage.name).changed()
        except LockError:
            return False  # another process works on what it reads: DVC says so when it runs


@contextmanager
def at_rest() -> Iterator[None]:
    """While DVC does not write dvc.lock, which it does in place: an interrupt would tear it.

    Holds DVC's own lock, which DVC gives back while a stage runs. Gives up waiting after 3 s: what
    takes longer is hashing, which an interrupt does not harm.
    """
    with Repo() as repo:
        try:
            repo.lock.lock()
        except LockError:
            yield
            return
        try:
            yield
        finally:
            repo.lock.unlock()


def dataset_version() -> str:
    """A short hash of the dataset as dvc.lock records it; empty when it does not yet."""
    if not paths.LOCK.exists():
        return ""
    recorded = yaml.safe_load(paths.LOCK.read_text(encoding="utf-8"))["stages"]
    outs = [
        f"{out['path']} {out['md5']}"
        for stage in stages()
        if stage.dataset
        for out in recorded.get(stage.name, {}).get("outs", [])
    ]
    return hashlib.sha256("\n".join(sorted(outs)).encode()).hexdigest()[:12] if outs else ""


@contextmanager
def _repo() -> Iterator[Repo]:
    if not paths.DAG.exists():
        raise InputError("dvc.yaml: no such file; run from the project's folder")
    try:
        with Repo(_wait_for_lock=True) as repo:
            yield repo
    except DvcException as error:
        raise InputError(f"DVC: {' '.join(str(error).split())}") from error
