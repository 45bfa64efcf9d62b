"""What flows know of the DAG is what DVC says."""

import time
from pathlib import Path

import pytest
from dvc.lock import LockError
from dvc.repo import Repo

from flows import dag
from flows.dag import Stage
from stages.core.program import InputError
from tests.flows.small import NAMES, ROOT, Workspace


def test_every_stage_comes_after_those_it_needs(small: Workspace) -> None:
    found = dag.stages()
    assert [stage.name for stage in found] == NAMES
    assert [sorted(stage.needs) for stage in found] == [
        [], [], ["left@a", "left@b"], ["both"], ["model"],
    ]  # fmt: skip


def test_meta_says_what_flows_must_know(small: Workspace) -> None:
    left, _, both, model, page = dag.stages()
    assert (left.retries, left.pool, left.dataset) == (1, None, False)
    assert (both.retries, both.dataset) == (0, True)
    assert (model.pool, model.dataset) == ("gpu", False)
    assert (page.pool, page.retries) == (None, 0)


def test_outputs_and_metrics_are_told_by_path(small: Workspace) -> None:
    by_name = {stage.name: stage for stage in dag.stages()}
    assert (by_name["both"].outs, by_name["both"].metrics) == (("both.txt",), ())
    assert (by_name["model"].outs, by_name["model"].metrics) == (("model.json",), ("model.json",))


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        (["both"], ["left@a", "left@b", "both"]),
        (["left@b"], ["left@b"]),
        (["left"], ["left@a", "left@b"]),
        (["left@a", "model"], ["left@a", "left@b", "both", "model"]),
    ],
)
def test_targets_bring_what_they_need_and_no_more(
    small: Workspace, targets: list[str], names: list[str]
) -> None:
    assert [stage.name for stage in dag.stages(targets)] == names


def test_an_unknown_target_is_named(small: Workspace) -> None:
    with pytest.raises(InputError, match=r"targets: 'bth'.*both, left@a, left@b, model, page"):
        dag.stages(["bth"])


def test_a_frozen_stage_needs_nothing_as_in_dvc(small: Workspace) -> None:
    small.write(
        "dvc.yaml", small.read("dvc.yaml").replace("  model:\n", "  model:\n    frozen: true\n")
    )
    assert [stage.name for stage in dag.stages(["page"])] == ["model", "page"]


def test_wrong_meta_is_one_line(small: Workspace) -> None:
    small.write("dvc.yaml", small.read("dvc.yaml").replace("retries: 1", "retries: many"))
    with pytest.raises(InputError, match=r"dvc\.yaml: stages\.left@a\.meta.retries = 'many'"):
        dag.stages()


def test_outside_a_project_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"dvc\.yaml: no such file"):
        dag.stages()


@pytest.mark.slow
def test_what_dvc_skips_is_unchanged(small: Workspace) -> None:
    assert not any(map(dag.unchanged, dag.stages()))
    small.run("dvc", "repro")
    assert all(map(dag.unchanged, dag.stages()))
    (small.folder / "left-a.txt").unlink()
    small.write("params.yaml", small.read("params.yaml").replace("plain", "other"))
    changed = [stage.name for stage in dag.stages() if not dag.unchanged(stage)]
    assert changed == ["left@a", "left@b", "both"]


@pytest.mark.slow
def test_the_datasets_version_follows_its_outputs(small: Workspace) -> None:
    assert dag.dataset_version() == ""
    small.run("dvc", "repro", "both")
    first = dag.dataset_version()
    assert len(first) == 12
    small.run("dvc", "repro")
    assert dag.dataset_version() == first
    small.write("other.txt", "else\n")
    small.run("dvc", "repro")
    assert dag.dataset_version() not in ("", first)


def test_upstream_is_all_that_a_stage_needs() -> None:
    a, b = Stage("a", frozenset()), Stage("b", frozenset({"a", "elsewhere"}))
    c, d = Stage("c", frozenset({"b"})), Stage("d", frozenset({"a"}))
    assert dag.upstream(c, [a, b, c, d]) == {"a", "b", "c"}


def test_the_projects_own_dag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    order = [stage.name for stage in dag.stages()]
    assert order.index("shard") < order.index("train@compact") < order.index("evaluate@compact")
    assert {stage.pool for stage in dag.stages()} == {None, "gpu"}
    assert sum(stage.dataset for stage in dag.stages()) == 1


@pytest.mark.slow
def test_at_rest_waits_for_dvc_but_not_for_ever(small: Workspace) -> None:
    with Repo() as repo, dag.at_rest(), pytest.raises(LockError):
        repo.lock.lock()
    with Repo() as repo, repo.lock:
        began = time.monotonic()
        with dag.at_rest():
            assert 2 < time.monotonic() - began < 6
