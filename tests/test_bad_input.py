"""What is wrong is told in one line, and costs nothing that was there: by the command line."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from stages.core.store import Store, key
from tests import project as projects
from tests.project import HEADER, Project

pytestmark = pytest.mark.slow  # each starts programs; those without DVC take a second or two

PEOPLE = [
    "ada-lorne,Ada Lorne,1,female,white,1961-03-02,actor,cat",
    "bo-tanaka,Bo Tanaka,1,male,asian,1988-11-20,athlete,bear",
    "cleo-mbeki,Cleo Mbeki,1,female,black,1975-06-15,politician,fox",
]
TRANSIENT = {"timeout", "connection_error", "server_error", "too_many_requests"}
# A deadline that only what never ends misses, also on a busy machine.
QUICK = {"download_timeout": 6.0, "max_attempts": 2, "max_results": 20}
IMAGES, ATTEMPTS = "data/images/demo", "data/attempts/demo.parquet"
STAGES = {
    "scrape": f"demo data/celebrities.csv data/forgotten.csv .store {IMAGES} {ATTEMPTS}"
    " results/data/scrape/demo.json",
    "crop": f"{IMAGES} .store data/faces/demo data/rejects/crop/demo.parquet results/crop.json",
    "label": "data/celebrities.csv data/faces data/labeled.parquet results/data/label.json",
    "split": "data/valid.parquet data/examples.parquet results/data/split.json",
    "undersample": "data/examples.parquet data/balanced.parquet results/u.json results/u.csv",
    "train": "compact data/shards/tfrecord models/compact.keras results/compact/history .store",
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three people, scraped and cropped undisturbed. Not to be changed."""
    made = projects.create(tmp_path_factory.mktemp("finished") / "project", PEOPLE)
    made.set_params(scrape=QUICK)
    made.repro("crop")
    return made


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of it to harm. Links within are not kept: the store and the outputs are apart."""
    return Project(shutil.copytree(finished.folder, tmp_path / "project"))


def stage(project: Project, name: str, *given: str) -> subprocess.CompletedProcess[str]:
    arguments = given or STAGES[name].split()
    return project.run("python", "-m", f"stages.{name}", *arguments, check=False)


def everything(project: Project) -> dict[str, bytes]:
    return project.files("data", "results", ".store")


def told(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It failed, and its last line (of the only one that is no progress) holds all words."""
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    line = done.stdout.strip().splitlines()[-1]
    for word in words:
        assert word in line


def told_at_once(done: subprocess.CompletedProcess[str], *words: str) -> None:
    told(done, *words)
    assert len(done.stdout.strip().splitlines()) == 1, done.stdout


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("crop", {"margn": 1}, ["crop.margn is not a parameter of crop", "allowed:", "margin"]),
        ("crop", {"margin": "wide"}, ["crop.margin = 'wide'", "valid number"]),
        ("crop", {"margin": None}, ["crop.margin = None", "valid number"]),
        ("crop", {"size": 9000}, ["crop.size = 9000", "less than or equal to 1024"]),
        ("crop", {"detector": "yolo"}, ["crop.detector", "'yolo'", "allowed: mtcnn, onnx"]),
        ("scrape", {"licence": "free"}, ["scrape.licence = 'free'", "'publicdomain'"]),
        ("scrape", {"site": "nowhere"}, ["scrape.site = 'nowhere'", "no such folder"]),
        ("label", {"labels": ["agee"]}, ["label.labels", "'agee' is no label", "allowed: age"]),
        ("split", {"test": 0.9}, ["split", "validation + test = 1.05", "below 1"]),
        ("undersample", {"cap": "lots"}, ["undersample.cap = 'lots'", "none, median"]),
        ("train", {"labels": ["agee"]}, ["train.labels = ['agee']", "has 'agee'", "allowed: age"]),
    ],
)
def test_a_wrong_parameter(
    project: Project, name: str, values: dict[str, Any], words: list[str]
) -> None:
    project.set_params(**{name: values})
    before = everything(project)
    told_at_once(stage(project, name), f"{name}: params.yaml: ", *words)
    assert everything(project) == before


def test_a_missing_parameter_or_section(project: Project) -> None:
    path = project.folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    del params["crop"]["margin"]
    path.write_text(yaml.safe_dump(params))
    told_at_once(stage(project, "crop"), "crop: params.yaml: crop.margin is missing")
    del params["crop"]
    path.write_text(yaml.safe_dump(params))
    told_at_once(stage(project, "crop"), "crop: params.yaml: crop is missing")


def test_an_unknown_source_or_model(project: Project) -> None:
    known = ["'gogle'", "allowed: bing, celeba, class_folders, demo"]
    told_at_once(stage(project, "scrape", "gogle", *STAGES["scrape"].split()[1:]), *known)
    known = ["train.models = 'resnet9000'", "allowed: age_cnn, ", "compact", "plain"]
    told_at_once(stage(project, "train", "resnet9000", *STAGES["train"].split()[1:]), *known)


def test_an_unknown_source_is_told_through_dvc_too(project: Project) -> None:
    """DVC misses the source's code before it runs anything."""
    before = everything(project)
    project.set_params(scrape={"sources": {"gogle": "data/celebrities.csv"}})
    done = project.run("dvc", "repro", "scrape", check=False)
    assert done.returncode
    assert "Traceback" not in done.stdout
    assert "stages/scrape/sources/gogle" in done.stdout
    assert everything(project) == before


@pytest.mark.parametrize("models", ["plain", None, 3])
def test_models_that_are_no_list(project: Project, models: Any) -> None:
    """DVC itself makes a training of each, before any stage runs."""
    before = everything(project)
    project.set_params(train={"models": models})
    done = project.run("dvc", "repro", check=False)
    assert done.returncode
    assert "Traceback" not in done.stdout
    assert "failed to resolve 'stages.train.foreach'" in done.stdout
    assert "expected list" in done.stdout
    assert everything(project) == before


HOSTILE = (
    "demo; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "x\ntouch pwned",
    "';touch pwned'",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_source_or_model_runs_as_a_command(project: Project, name: str) -> None:
    """Also where code of that name is there, so that DVC goes on to run the stage."""
    (project.folder / "stages/scrape/sources" / name).mkdir()
    project.set_params(scrape={"sources": {name: "data/celebrities.csv"}})
    assert project.run("dvc", "repro", "scrape", check=False).returncode
    project.set_params(
        scrape={"sources": {"demo": "data/celebrities.csv"}}, train={"models": [name]}
    )
    assert project.run("dvc", "repro", "--single-item", f"train@{name}", check=False).returncode
    assert not list(project.folder.rglob("pwned*"))


def test_a_path_of_any_characters_is_read_and_not_run(project: Project) -> None:
    name = "data/a b [1] {x} ~ 'q' \"d\" $(touch pwned);touch pwned2 &é.csv"
    project.catalogue.rename(project.folder / name)
    project.write_catalogue(PEOPLE)  # for the stages after it
    project.set_params(scrape={"sources": {"demo": name}})
    project.repro("scrape")
    assert not list(project.folder.rglob("pwned*"))


def test_a_parameter_put_right_gives_the_old_outputs_back(project: Project) -> None:
    """DVC removes a stage's outputs before it runs it, so here they do go; nothing else does."""
    path = project.folder / "params.yaml"
    good, before, count = path.read_text(), everything(project), len(project.requests())
    project.set_params(scrape={"download_timeout": "soon"})
    done = project.run("dvc", "repro", "crop", check=False)
    assert done.returncode
    assert "Traceback" not in done.stdout
    assert "scrape: params.yaml: scrape.download_timeout = 'soon': Input should be" in done.stdout
    path.write_text(good)
    project.repro("crop")
    assert everything(project) == before
    assert len(project.requests()) == count


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"identity,gender\nada,female\n", ["column query is missing", "'identity', 'gender'"]),
        (b"identity,query,hair\na,A,red\n", ["column 'hair' is no label", "labels are: age"]),
        (b"identity,query\nada,A\nada,B\n", ["identity = 'ada' occurs twice"]),
        (b"identity,query\n../ada,A\n", [":2: identity = '../ada'", "allowed are a-z, 0-9"]),
        (f"{HEADER}\na,A,1,,,31.7.84,,\n".encode(), [":2: birth_date = '31.7.84'", "1984-07-31"]),
        (b"identity,query,edition\na,A,new\n", [":2: edition = 'new'", "whole number from 1"]),
        (b"identity,query\na\n", [":2: expected 2 values, found 1"]),
        (b"", ["column identity is missing"]),
        (f"{HEADER}\n".encode(), ["holds no person"]),
        ("identity,query\na,Änne\n".encode("latin-1"), ["not UTF-8 (byte 17)", "save it as UTF-8"]),
    ],
)
def test_a_malformed_catalogue(project: Project, content: bytes, words: list[str]) -> None:
    project.catalogue.write_bytes(content)
    before = everything(project)
    told_at_once(stage(project, "scrape"), "scrape: data/celebrities.csv", *words)
    assert everything(project) == before


NO_NAMES = """
import socket
def refuse(*_, **__):
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
socket.getaddrinfo = refuse
"""


def test_no_network(project: Project, tmp_path: Path) -> None:
    """Python reads `sitecustomize` at its start, so no name is looked up, whatever the machine."""
    (tmp_path / "sitecustomize.py").write_text(NO_NAMES)
    before = everything(project)
    attempts = "data/attempts/bing.parquet"
    given = "bing data/celebrities.csv data/forgotten.csv .store"
    made = f"data/images/bing {attempts} results/data/scrape/bing.json"
    python = ["env", f"PYTHONPATH={tmp_path}", "python", "-m", "stages.scrape"]
    done = project.run(*python, *given.split(), *made.split(), check=False)
    told(done, "www.bing.com", "NameResolutionError", "is this machine online?", "scrape.proxy")
    assert not (project.folder / attempts).exists()
    after = everything(project)
    assert {path: after.get(path) for path in before} == before


def may_mount() -> bool:
    """Whether a process of ours can have a disk of its own to fill."""
    unshare = shutil.which("unshare")
    command = [*NAMESPACE, "mount -t tmpfs -o size=64k tmpfs /mnt"]
    return (
        bool(unshare) and not subprocess.run(command, capture_output=True, check=False).returncode
    )


NAMESPACE = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]


@pytest.mark.skipif(not may_mount(), reason="no small disk can be mounted here")
@pytest.mark.parametrize(("name", "room"), [("scrape", "300k"), ("crop", "40k")])
def test_a_full_disk(project: Project, name: str, room: str) -> None:
    """On a disk that holds the earlier outputs and little more, work that needs much more."""
    project.write_catalogue([row.replace(",1,", ",2,") for row in PEOPLE])
    project.set_params(crop={"margin": 0.5, "size": 200})
    keep = "data/images data/faces data/attempts data/rejects"
    script = f"""
        used=$(du -sk --apparent-size data | cut -f1)
        mount -t tmpfs -o size=$(($used * 2 + {room[:-1]}))k tmpfs tight
        cp -r data tight
        dd if=/dev/zero of=tight/ballast bs=1k count=$used status=none
        cd tight
        ln -s ../stages ../params.yaml .
        code=0
        python -m stages.{name} {STAGES[name]} || code=$?
        for each in {keep}; do diff -r $each ../$each >&2; done
        exit $code
    """
    (project.folder / "tight").mkdir()
    done = project.run(*NAMESPACE, script, check=False)
    told(done, f"{name}: ", ": no space left on the disk")


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def test_damaged_store_entries_are_made_anew(finished: Project, project: Project) -> None:
    """A picture, its class's rows, its faces: the picture alone is asked for again."""
    count, memory = len(project.requests()), Store(project.folder / ".store")
    rows = pq.read_table(project.folder / ATTEMPTS).to_pylist()
    kept = (row["url"] for row in rows if row["identity"] == "ada-lorne" and not row["reason"])
    url = next(url for url in kept if "pictures.demo.test" in url)
    picture = memory.find("picture", key("picture", "demo", url))
    assert picture
    halve(picture)
    kinds = ("picture", "images", "faces", "faces-alone")
    for path in (each for kind in kinds[1:] for each in memory.root.glob(f"{kind}/*/*")):
        halve(path)
    for name in ("scrape", "crop"):
        assert stage(project, name).returncode == 0
    folders = ("data", *(f".store/{kind}" for kind in kinds))
    assert project.files(*folders) == finished.files(*folders)
    # With a class's rows also goes what had failed for the moment: that is asked for again.
    again = set(asked(project)[count:]) - transient(project) - {"/robots.txt"}
    assert again == {target(url)}


def test_a_damaged_partition_is_brought_back(project: Project) -> None:
    before, count = everything(project), len(project.requests())
    halve(project.folder / IMAGES / "ada-lorne.parquet")
    line = "ada-lorne.parquet: not a readable Parquet file"
    told(stage(project, "crop"), "crop: ", line)
    assert "Stage 'crop@demo' didn't change, skipping" in project.repro("crop")
    assert everything(project) == before
    assert len(project.requests()) == count


def test_damage_without_dvc_s_cache_costs_no_request(project: Project) -> None:
    before, count = project.files("data"), len(project.requests())
    halve(project.folder / IMAGES / "ada-lorne.parquet")
    shutil.rmtree(project.folder / ".dvc" / "cache")
    project.repro("crop")
    assert project.files("data") == before
    assert len(project.requests()) == count


def start(project: Project, *command: str) -> "subprocess.Popen[str]":
    programs = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    return subprocess.Popen(
        command, cwd=project.folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def wait_for(ready: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 60
    while not ready():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """The same people and parameters, nothing fetched."""
    made = projects.create(tmp_path / "fresh", PEOPLE)
    made.set_params(scrape=QUICK | {"threads": 4})
    return made


def test_two_runs_at_once(finished: Project, fresh: Project) -> None:
    first = start(fresh, "dvc", "repro", "scrape")
    wait_for(lambda: len(fresh.requests()) > 5, first)
    second = fresh.run("dvc", "repro", "scrape", check=False)
    assert second.returncode
    assert "Traceback" not in second.stdout
    assert "busy" in second.stdout or "Unable to acquire lock" in second.stdout, second.stdout
    output = first.communicate()[0]
    assert first.returncode == 0, output
    assert fresh.files("data/images", "data/attempts") == finished.files(
        "data/images", "data/attempts"
    )


def test_a_killed_scrape_goes_on_where_it_was(finished: Project, fresh: Project) -> None:
    command = ["python", "-m", "stages.scrape", *STAGES["scrape"].split()]
    process = start(fresh, *command)
    wait_for(lambda: len(fresh.requests()) > 40, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (fresh.folder / IMAGES).exists()
    first = asked(fresh)
    fresh.run(*command)
    again = set(asked(fresh)[len(first) :]) & set(first) - transient(fresh) - {"/robots.txt"}
    # One per thread that asks for pages, that asks for pictures, and that judges them.
    assert len(again) <= 4 + 4 + 4, sorted(again)
    assert fresh.files("data/images", "data/attempts") == finished.files(
        "data/images", "data/attempts"
    )


def asked(project: Project) -> list[str]:
    return [urllib.parse.unquote_plus(entry["path"]) for entry in project.requests()]


def target(url: str) -> str:
    """Path and query, as the site logs them and `asked` reads them."""
    return urllib.parse.unquote_plus(
        urllib.parse.urlsplit(url)._replace(scheme="", netloc="").geturl()
    )


def transient(project: Project) -> set[str]:
    """What failed for the moment, which every crawl of its class may ask for again."""
    rows = pq.read_table(project.folder / ATTEMPTS).to_pylist()
    return {target(row["url"]) for row in rows if row["reason"] in TRANSIENT}
