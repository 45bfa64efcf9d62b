"""Cost grows with what changed, and a state is the same however it was reached.

Runs the real DAG up to the shards on a demo web of four people, and reads its request log.
"""

import urllib.parse
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests import project as projects
from tests.project import Project

pytestmark = pytest.mark.slow

PEOPLE = [
    "ada-lorne,Ada Lorne,1,female,white,1961-03-02,actor,cat",
    "bo-tanaka,Bo Tanaka,1,male,asian,1988-11-20,athlete,bear",
    "cleo-mbeki,Cleo Mbeki,1,female,black,1975-06-15,politician,fox",
    "dev-raman,Dev Raman,1,male,indian,1990-01-09,musician,wolf",
]
NEWCOMER = "eva-sol,Eva Sol,1,female,other,1979-09-09,presenter,deer"
TABLES = ("data/images", "data/attempts", "data/faces", "data/rejects", "data/shards")
TRANSIENT = {"timeout", "connection_error", "server_error", "too_many_requests"}
MIDDLE = ("labeled", "valid", "examples", "balanced")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = projects.create(tmp_path_factory.mktemp("faceline") / "a", PEOPLE)
    made.set_params(scrape={"max_results": 20}, validate={"max_rejected": 0.9})
    made.repro("shard")
    return made


def asked(project: Project, since: int) -> list[str]:
    """Paths requested after the first `since` requests, but for robots.txt."""
    paths = [urllib.parse.unquote_plus(entry["path"]) for entry in project.requests()[since:]]
    return [path for path in paths if path != "/robots.txt"]


def test_the_whole_of_it(project: Project) -> None:
    """One story in six steps, each from the state that the last one left."""
    nothing_changed(project)
    one_celebrity_more(project)
    a_new_edition(project)
    another_margin(project)
    one_celebrity_less(project)
    the_same_from_nothing(project)


def nothing_changed(project: Project) -> None:
    before = len(project.requests())
    assert "Data and pipelines are up to date" in project.repro("shard")
    assert len(project.requests()) == before


def one_celebrity_more(project: Project) -> None:
    before, count = project.files("data/images", "data/faces"), len(project.requests())
    project.write_catalogue([*PEOPLE, NEWCOMER])
    project.repro("shard")
    paths = asked(project, count)
    assert paths
    assert all("eva-sol" in path or "q=Eva Sol" in path for path in paths), paths
    after = project.files("data/images", "data/faces")
    new = {"data/images/demo/eva-sol.parquet", "data/faces/demo/eva-sol.parquet"}
    assert set(after) - set(before) == new
    assert {path: after[path] for path in before} == before
    assert "eva-sol" in traces(project)


def a_new_edition(project: Project) -> None:
    count = len(project.requests())
    tried = answers(project, "dev-raman")
    may_pass = {path for path, reason in tried.items() if reason in TRANSIENT}
    project.write_catalogue([*PEOPLE[:3], PEOPLE[3].replace(",1,", ",2,"), NEWCOMER])
    project.repro("crop")
    paths = asked(project, count)
    pages = [path for path in paths if path.startswith("/images/async")]
    assert pages
    assert all("q=Dev Raman" in page for page in pages)
    again = {path for path in paths if path in tried}
    assert again <= may_pass, "asked again for what has an answer that lasts"
    new = set(answers(project, "dev-raman")) - set(tried)
    assert new
    assert new <= set(paths)
    assert set(tried) - set(paths), "nothing at all came from the store"


def answers(project: Project, identity: str) -> dict[str, str | None]:
    """Every URL tried for a person, without its host, and why it was left out, if it was."""
    rows = pq.read_table(project.folder / "data/attempts/demo.parquet").to_pylist()
    own = [row for row in rows if row["identity"] == identity]
    parts = [(urllib.parse.urlsplit(row["url"]), row["reason"]) for row in own]
    return {f"{url.path}?{url.query}".rstrip("?"): reason for url, reason in parts}


def another_margin(project: Project) -> None:
    before, count = project.files("data/faces"), len(project.requests())
    project.set_params(crop={"margin": 0.3})
    project.repro("crop")
    assert len(project.requests()) == count
    after = project.files("data/faces")
    assert set(after) == set(before)
    assert all(after[path] != before[path] for path in before)


def one_celebrity_less(project: Project) -> None:
    assert "ada-lorne" in traces(project)
    project.write_catalogue([*PEOPLE[1:3], PEOPLE[3].replace(",1,", ",2,"), NEWCOMER])
    project.repro("shard")
    assert "ada-lorne" not in traces(project)
    for path, data in project.files("data", "results").items():
        assert b"ada-lorne" not in data, path


def traces(project: Project) -> set[str]:
    """Every identity named in any table."""
    tables = [Path(path) for path in project.files(*TABLES) if path.endswith(".parquet")]
    tables += [Path("data") / f"{name}.parquet" for name in MIDDLE]
    found: set[str] = set()
    for path in tables:
        found |= set(pq.read_table(project.folder / path)["identity"].to_pylist())
    return found


def the_same_from_nothing(project: Project) -> None:
    rows = project.catalogue.read_text().splitlines()[1:]
    fresh = projects.create(project.folder.parent / "b", rows)
    (fresh.folder / "params.yaml").write_bytes((project.folder / "params.yaml").read_bytes())
    fresh.repro("shard")
    ours, theirs = (each.files("data", "results") for each in (project, fresh))
    assert set(ours) == set(theirs)
    different = [path for path in ours if ours[path] != theirs[path]]
    assert different == []
    assert any(".tfrecord-" in path for path in ours)
