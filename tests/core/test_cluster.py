"""Work in processes here or on Ray: the same bytes, also when a worker is killed in the middle."""

import dataclasses
import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pytest

from stages.core import cluster, label_schema
from stages.core.cluster import Cluster, batches
from stages.core.labels.known import labels_of
from stages.core.program import InputError, read_params, section
from stages.core.tables import partitions, read_batches, write_batches
from stages.forget.forgotten import Forgotten
from stages.scrape.crawl.politeness import Politeness
from stages.scrape.jobs import Job, divide
from stages.scrape.params import Params
from stages.scrape.source import Partition
from stages.scrape.sources.demo.painter.person import invent_person
from stages.scrape.sources.demo.painter.portrait import paint_portrait
from stages.scrape.sources.demo.painter.shot import compose_shot
from tests import project as projects
from tests.project import ROOT, Project

PEOPLE, PICTURES = 8, 3  # of each
LIMIT = 400.0  # seconds for a stage on a busy machine
STAGES = {
    "scrape": "demo data/celebrities.csv data/forgotten.csv .store data/images/demo "
    "data/attempts/demo.parquet results/scrape.json",
    "crop": "data/images/demo .store data/faces/demo data/rejects/demo.parquet results/crop.json",
    "shard": "data/faces data/balanced.parquet data/shards/tfrecord data/shards/parquet "
    "results/shard.json",
}


@pytest.mark.parametrize(
    ("tasks", "workers", "sizes"),
    [(0, 2, []), (5, 2, [1] * 5), (70, 2, [2] * 35), (10_000, 4, [16] * 625)],
)
def test_small_tasks_go_together_and_leave_enough_for_all(
    tasks: int, workers: int, sizes: list[int]
) -> None:
    found = batches(range(tasks), workers)
    assert [len(batch) for batch in found] == sizes
    assert [task for batch in found for task in batch] == list(range(tasks))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"address": "", "workers": None}, "cluster.address = ''"),
        ({"address": None, "workers": 0}, "cluster.workers = 0"),
        ({"address": None, "workers": None, "nodes": 3}, "allowed: address, workers"),
    ],
)
def test_a_wrong_section_is_one_line(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        cluster.read(given)


def test_without_ray_an_address_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(InputError, match=r"'local': needs Ray: pip install 'faceline\[cluster\]'"),
        cluster.pool(Cluster(address="local", workers=None)),
    ):
        pass


def test_without_an_address_ray_is_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with cluster.pool(Cluster(address=None, workers=3)) as pool:
        assert pool.workers == 3
        assert list(pool.map_unordered(math.sqrt, [])) == []


def test_crawls_at_once_ask_a_host_no_more_often_than_one() -> None:
    slept: list[float] = []
    politeness = Politeness(2.0, (), lambda: 0.0, slept.append, crawls=3)
    for _ in range(3):
        politeness.wait("http://a.test/")
    assert slept == [6.0, 12.0]


def test_classes_are_divided_and_every_job_knows_of_the_others() -> None:
    params = section(Params, read_params(ROOT / "params.yaml"), "scrape")
    parts = [Partition(f"p{number}", {}) for number in range(600)]
    whole = Job("demo", parts, Path("a.csv"), params, Path(".store"), Forgotten())
    assert params.crawls == 1
    expected = [(2, [256, 256, 88], 2), (4, [150] * 4, 4), (900, [1] * 600, 600)]
    for workers, sizes, crawls in expected:
        jobs = divide(whole, workers)
        assert [len(job.partitions) for job in jobs] == sizes
        assert [part for job in jobs for part in job.partitions] == parts
        assert {job.params.crawls for job in jobs} == {crawls}


def command(stage: str) -> list[str]:
    return [sys.executable, "-m", f"stages.{stage}", *STAGES[stage].split()]


def balance(project: Project) -> None:
    """What the stages between crop and shard would write, with every face in train."""
    columns = label_schema.examples(labels_of(["age"]))
    faces = read_batches(partitions(project.folder / "data/faces", ["demo"]))
    rows = [row | {"age": None, "split": "train"} for part in faces for row in part.to_pylist()]
    table = pa.Table.from_pylist(rows, columns)
    write_batches(project.folder / "data/balanced.parquet", columns, table.to_batches())


def draw(folder: Path) -> None:
    """Pictures of drawn people as a folder for source `demo` to show: no mishaps, no waiting."""
    for name in (f"person-{number}" for number in range(PEOPLE)):
        drawn = invent_person(name, {})
        (folder / name).mkdir(parents=True)
        for number in range(PICTURES):
            shot = dataclasses.replace(compose_shot(drawn, number), width=160, height=200)
            paint_portrait(drawn, shot).save(folder / name / f"{number}.jpg", quality=90)


def made(folder: Path, site: Path, address: str | None) -> Project:
    rows = (f"person-{number},Person {number},1,,,,," for number in range(PEOPLE))
    project = projects.create(folder, list(rows))
    project.set_params(
        scrape={"site": str(site), "min_pictures": 1, "threads": 4},
        shard={"shard_mb": 0.02},
        cluster={"address": address, "workers": 2},
    )
    return project


def outputs(project: Project) -> dict[str, bytes]:
    found = project.files("data", "results")
    assert not [path for path in found if "/." in path], "a half-written file was left"
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    draw(folder)
    return folder


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, site: Path) -> dict[str, bytes]:
    """Every file that the default makes."""
    project = made(tmp_path_factory.mktemp("default"), site, None)
    project.run(*command("scrape"))
    project.run(*command("crop"))
    balance(project)
    project.run(*command("shard"))
    return outputs(project)


def until(look: Callable[[], Any], child: "subprocess.Popen[str]") -> Any:
    """What `look` finds as soon as it finds something; fails when the stage ends before."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if found := look():
            return found
        assert child.poll() is None, f"ended too early:\n{child.stdout and child.stdout.read()}"
        time.sleep(0.02)
    raise AssertionError("nothing happened")


def working(child: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Ray's processes that are at a task: Ray names them after it."""
    found = []
    for process in psutil.Process(child.pid).children(recursive=True):
        try:
            if process.cmdline()[:1] == ["ray::work_through"]:
                found.append(process)
        except psutil.Error:
            continue
    return found


def run_and_kill_one(project: Project, stage: str, progress: str) -> None:
    """Run a stage; stop one worker at its first task, kill it when the other got something done."""
    child = subprocess.Popen(
        command(stage), cwd=project.folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        victim = until(lambda: working(child), child)[0]
        victim.send_signal(signal.SIGSTOP)
        until(lambda: any(project.folder.glob(progress)), child)
        assert "ray::work_through" in victim.cmdline()
        victim.kill()
        told, _ = child.communicate(timeout=LIMIT)
    finally:
        child.kill()
    assert child.returncode == 0, told
    assert "Traceback" not in told


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_changes_no_byte(
    tmp_path: Path, site: Path, expected: dict[str, bytes]
) -> None:
    pytest.importorskip("ray")
    project = made(tmp_path / "ray", site, "local")
    run_and_kill_one(project, "scrape", ".store/*images/*/*")
    run_and_kill_one(project, "crop", ".store/faces*/*/*")
    balance(project)
    run_and_kill_one(project, "shard", ".store/scratch/**/*.tfrecord*")
    found = outputs(project)
    assert set(found) == set(expected)
    assert [path for path in expected if found[path] != expected[path]] == []
    assert sum(".tfrecord-" in path for path in found) > 2


@pytest.mark.slow
def test_what_work_raises_is_raised_here() -> None:
    with (
        cluster.pool(Cluster(address=None, workers=1)) as pool,
        pytest.raises(ValueError, match="math domain error"),
    ):
        list(pool.map_unordered(math.sqrt, [4.0, -1.0]))


@pytest.mark.slow
def test_no_cluster_at_an_address_is_one_line_and_soon(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    project = made(tmp_path, tmp_path, "127.0.0.1:1")
    begin = time.monotonic()
    done = project.run(*command("scrape"), check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith(
        "scrape: params.yaml: cluster.address = '127.0.0.1:1': must be null, local, or host:port"
    )
    assert "Traceback" not in done.stdout
    assert time.monotonic() - begin < 60
    assert not (project.folder / "data/images").exists()
