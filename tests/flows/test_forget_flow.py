"""Adding and refreshing cost what changed; forgetting leaves nothing, which is looked up twice.

The search that the flow ends with is not believed: this module decodes every file by itself.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import catalogue, forget
from flows.removal import Removal
from stages.core.program import InputError
from stages.forget.proof import SearchReport
from tests import project as projects
from tests.flows.small import environment
from tests.project import HEADER, Project

PEOPLE = [
    "ada-lorne,Ada Lorne,1,female,white,1961-03-02,actor,cat",
    "bo-tanaka,Bo Tanaka,1,male,asian,1988-11-20,athlete,bear",
    "cleo-mbeki,Cleo Mbeki,1,female,black,1975-06-15,politician,fox",
    "dev-raman,Dev Raman,1,male,indian,1990-01-09,musician,wolf",
]
TRANSIENT = {"timeout", "connection_error", "server_error", "too_many_requests"}
CODE = (".py", ".md")


def test_the_form_has_what_the_catalogue_has() -> None:
    assert set(catalogue.Person.model_fields) | {"edition"} == set(HEADER.split(","))
    choices = catalogue.Person.model_json_schema()["properties"]["gender"]["enum"]
    assert choices == ["", "male", "female"]


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a catalogue and a list, and a cache of DVC that holds nothing."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/celebrities.csv").write_text("\n".join([HEADER, *PEOPLE]) + "\n")
    Path("data/forgotten.csv").write_text("kind,sha256\n")
    monkeypatch.setattr("flows.removal.places", lambda: [Path()])
    return tmp_path


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("data/*")}


def a_person(**values: str) -> Any:
    return catalogue.Person(**values)


@pytest.mark.parametrize(
    ("add", "refresh", "words"),
    [
        ([a_person(identity="Eva", query="Eva")], [], "identity = 'Eva'"),
        ([a_person(identity="eva", query="Eva", gender="f")], [], "add.gender = 'f'; allowed"),
        ([], ["eva"], "refresh = 'eva'"),
        ([a_person(identity="ada", query="Ada Gone")], [], "add.identity = 'ada': is forgotten"),
    ],
)
def test_a_wrong_edit_leaves_the_catalogue_as_it_was(
    lists: Path, add: list[Any], refresh: list[str], words: str
) -> None:
    digest = hashlib.sha256(b"ada gone").hexdigest()
    Path("data/forgotten.csv").write_text(f"kind,sha256\nname,{digest}\n")
    before = content(lists)
    with pytest.raises(InputError, match=re.escape(words)):
        catalogue.edit([a_person(identity="good", query="Good"), *add], refresh)
    assert content(lists) == before


@pytest.mark.parametrize(
    ("removal", "words"),
    [
        ([], "removals: none"),
        ([Removal()], "forget: has nothing"),
        ([Removal(url="a", picture="b")], "forget: has ['url', 'picture']"),
        ([Removal(identity="ada")], "forget.identity = 'ada': in no catalogue"),
        ([Removal(picture="x.jpg")], "forget.picture = 'x.jpg': no such file"),
    ],
)
def test_a_wrong_removal_changes_neither_list(
    lists: Path, removal: list[Removal], words: str
) -> None:
    before = content(lists)
    known = [Removal(identity="bo-tanaka")] if removal else []
    with pytest.raises(InputError, match=re.escape(words)):
        forget.edit(known + removal)
    assert content(lists) == before


def test_somebody_of_the_same_name_is_named(lists: Path) -> None:
    with Path("data/celebrities.csv").open("a") as file:
        file.write("ada-lorne-1999,Ada Lorne 1999,1,,,,,\n")
    with pytest.raises(InputError, match="'ada-lorne-1999' goes by a name"):
        forget.edit([Removal(identity="ada-lorne")])


def test_the_lists_after_all_three(lists: Path) -> None:
    Path("x.jpg").write_bytes(b"picture")
    image_id = hashlib.sha256(b"picture").hexdigest()
    wanted = [
        Removal(identity="ada-lorne"), Removal(url="http://x.test/1"), Removal(picture="x.jpg")
    ]  # fmt: skip
    case = forget.edit(wanted)
    catalogue.edit([a_person(identity="eva", query="Eva Sol")], ["bo-tanaka"])
    assert case.traces.names == {"ada-lorne", "Ada Lorne"}
    assert case.traces.pictures == {image_id}
    rows = Path("data/celebrities.csv").read_text().splitlines()
    assert [row.split(",")[:3] for row in rows[1:]] == [
        ["bo-tanaka", "Bo Tanaka", "2"],
        ["cleo-mbeki", "Cleo Mbeki", "1"],
        ["dev-raman", "Dev Raman", "1"],
        ["eva", "Eva Sol", ""],
    ]
    forms = (image_id, "ada lorne", "x.test/1")
    image, name, url = (hashlib.sha256(form.encode()).hexdigest() for form in forms)
    assert Path("data/forgotten.csv").read_text().splitlines() == [
        "kind,sha256", f"image,{image}", f"name,{name}", f"url,{url}",
    ]  # fmt: skip


def test_a_proof_that_finds_something_fails_and_says_where() -> None:
    state = forget.verdict([SearchReport(".", 9, 99), SearchReport("cache", 1, 1, {"x/y": 2})])
    assert state.is_failed()
    assert "1 files still hold" in str(state.message)
    assert "cache/x/y" in str(state.message)
    assert forget.verdict([SearchReport(".", 9, 99)]).is_completed()
    unread = forget.verdict([SearchReport(".", 9, 99, {}, {"a.zip": "x: encrypted"})])
    assert unread.is_completed()
    assert "./a.zip (x: encrypted)" in str(unread.message)


# What follows is one story on the real DAG.


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Four people up to their faces, committed."""
    made = projects.clone(tmp_path_factory.mktemp("catalogue") / "workspace")
    made.write_catalogue(PEOPLE)
    made.set_params(
        scrape={"max_results": 24, "download_timeout": 6.0, "max_attempts": 2},
        crop={"size": 48},
        validate={"max_rejected": 0.9},
        split={"validation": 0.25, "test": 0.25},
        train={"models": ["plain"], "labels": ["gender"], "image_size": 32, "epochs": 1},
    )
    made.repro("crop")
    made.commit("A state")
    return made


def flow(project: Project, server: str, *command: str) -> subprocess.CompletedProcess[str]:
    """`python -m flows.<command>` with a server; its log is in what it printed."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project.folder, env=environment(PREFECT_API_URL=server, PYTHONPATH=""), text=True,
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def catalogue_flow(
    project: Project, server: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return flow(project, server, "flows.catalogue", *arguments)


def asked(project: Project, since: int = 0) -> list[str]:
    paths = [urllib.parse.unquote_plus(entry["path"]) for entry in project.requests()[since:]]
    return [path for path in paths if path != "/robots.txt"]


def rows(project: Project, table: str) -> list[dict[str, Any]]:
    files = sorted((project.folder / table).rglob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def target(url: str) -> str:
    """Path and query, as the site logs them and `asked` reads them."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.unquote_plus(parts._replace(scheme="", netloc="").geturl())


@pytest.mark.slow
def test_the_whole_of_it(project: Project, server: str) -> None:
    """Each step from the state that the last one left."""
    one_person_more(project, server)
    a_new_edition(project, server)
    another = shutil.copytree(project.folder, project.folder.parent / "another")
    project.commit("A state")
    everything_of_somebody_else(project, server)
    another_clone_pulls_the_list(Project(another), project)


def one_person_more(project: Project, server: str) -> None:
    images, faces = project.files("data/images"), project.files(".store/faces")
    count = len(project.requests())
    person = ("--identity", "eva-sol", "--query", "Eva Sol", "--birth-date", "1979-09-09")
    done = flow(
        project, server, "flows.catalogue", "add", *person, "--gender", "female"
    )  # up to the report
    assert done.returncode == 0, done.stdout[-4000:]
    paths = asked(project, count)
    assert paths
    assert all("eva-sol" in path or "q=Eva Sol" in path for path in paths), paths
    after = project.files("data/images")
    assert set(after) - set(images) == {"data/images/demo/eva-sol.parquet"}
    assert {path: after[path] for path in images} == images
    assert len(project.files(".store/faces")) == len(faces) + 1  # one partition was cropped
    assert b"Eva Sol" in (project.folder / "report/index.html").read_bytes()
    again = flow(
        project, server, "flows.catalogue", "add", "--identity", "ada-lorne", "--query", "Ada Lorne"
    )
    assert again.returncode == 1
    assert "add.identity = 'ada-lorne': stands in the catalogue already" in again.stdout


def a_new_edition(project: Project, server: str) -> None:
    count = len(project.requests())
    done = flow(
        project,
        server,
        "flows.catalogue",
        "refresh",
        "dev-raman",
        "--targets",
        "crop",
        "--training",
        "none",
    )
    assert done.returncode == 0, done.stdout[-4000:]
    pages = [path for path in asked(project, count) if path.startswith("/images/async")]
    assert pages
    assert all("q=Dev Raman" in page for page in pages)
    assert "dev-raman,Dev Raman,2," in project.catalogue.read_text()


def everything_of_somebody_else(project: Project, server: str) -> None:
    """A person, a picture's address and another's picture; in one run, as each trains anew."""
    ada = [row for row in rows(project, "data/images") if row["identity"] == "ada-lorne"]
    bo, cleo = (
        next(row for row in rows(project, "data/faces") if row["identity"] == identity)
        for identity in ("bo-tanaka", "cleo-mbeki")
    )
    tried = [row for row in rows(project, "data/attempts") if row["identity"] == "ada-lorne"]
    may_pass = {
        target(row["url"]) for row in rows(project, "data/attempts") if row["reason"] in TRANSIENT
    }
    ids = {row["image_id"] for row in (*ada, bo, cleo)}
    texts = {"ada-lorne", "ada lorne", *ids, bo["url"], cleo["url"]}
    texts |= {row["url"] for row in tried}
    pictures = ids | {
        hashlib.sha256(row["face"]["bytes"]).hexdigest()
        for row in rows(project, "data/faces")
        if row["image_id"] in ids
    }
    old = project.folder / ".dvc/tmp/exps/standalone/x/data/faces.parquet"
    for path in (old, project.folder / "dvc_plots/index.html"):
        path.parent.mkdir(parents=True)
        shutil.copy(project.folder / "data/faces/demo/ada-lorne.parquet", path)
    assert len(set(holding(project.folder, texts, pictures))) > 40
    given = ("--identity", "ada-lorne", "--url", bo["url"], "--picture", cleo["image_id"])
    done = flow(project, server, "flows.forget", *given)
    assert done.returncode == 0, done.stdout[-6000:]
    assert list(holding(project.folder, texts, pictures)) == []
    the_others_stay(project, bo, cleo)
    paths = asked(project)  # the log of requests was emptied with the rest
    gone = {target(url) for url in texts if url.startswith("http")}
    assert not gone & set(paths)
    pages = [path for path in paths if path.startswith("/images/async")]
    assert pages
    assert all("q=Bo Tanaka" in page or "q=Cleo Mbeki" in page for page in pages), pages
    assert set(paths) - set(pages) <= may_pass
    no_word_of_it(done.stdout, texts)
    the_server_knows_no_more(server, texts)


def the_others_stay(project: Project, *without: dict[str, Any]) -> None:
    left = rows(project, "data/faces")
    assert {row["identity"] for row in left} >= {"bo-tanaka", "cleo-mbeki", "dev-raman", "eva-sol"}
    assert not {row["image_id"] for row in without} & {row["image_id"] for row in left}
    figures = json.loads((project.folder / "results/data/scrape/demo.json").read_text())
    assert figures["left_out"]["forgotten"] == len(without)
    assert "ada" not in (project.folder / "data/forgotten.csv").read_text()
    assert not (project.folder / ".dvc/tmp/exps").exists()
    assert not (project.folder / "dvc_plots").exists()


def no_word_of_it(log: str, texts: set[str]) -> None:
    assert "found in 0" in log
    assert "git filter-repo" in log
    for text in texts:
        assert text not in log.lower(), text


def the_server_knows_no_more(server: str, texts: set[str]) -> None:
    """Also the run that was refused, since it named the person, is gone."""
    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        runs = [run.model_dump_json().lower() for run in client.read_flow_runs()]
        logs = [log.message.lower() for log in client.read_logs()]
        (proof,) = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["forgotten"]))
        )
    assert len(runs) >= 4
    for text in texts:
        assert not any(text in each for each in (*runs, *logs)), text
    table = json.loads(str(proof.data))
    assert all(row["found"] == 0 for row in table)
    assert table[0]["files"] > 100


def another_clone_pulls_the_list(another: Project, project: Project) -> None:
    """It has everything in its store. Its requests show that nobody is asked for again."""
    names = {"ada-lorne", "ada lorne"}
    ids = {
        row["image_id"] for row in rows(another, "data/images") if row["identity"] == "ada-lorne"
    }
    assert len(list(holding(another.folder / ".store", names | ids, ids))) > 20
    for name in ("data/celebrities.csv", "data/forgotten.csv"):
        shutil.copy(project.folder / name, another.folder / name)
    another.repro("crop")
    for place in (".store", "data/images", "data/faces", "data/attempts", "data/rejects/crop"):
        assert list(holding(another.folder / place, names | ids, ids)) == []
    assert not [path for path in asked(another) if any(name in path.lower() for name in names)]
    tables = ("data/images", "data/faces", "data/attempts")
    assert another.files(*tables) == project.files(*tables)


def holding(folder: Path, texts: set[str], pictures: set[str]) -> Iterator[str]:
    """Files in which one of the texts stands, or one of the pictures is: all is decoded here."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or name.startswith(".git/") or path.suffix in CODE:
            continue
        content = path.read_bytes()
        if content.startswith(b"PAR1"):
            values = list(leaves(pq.read_table(path).to_pylist()))
        else:
            values = [content, *embedded(content)]
        written = " ".join([name, *(read(value) for value in values)])
        hashes = {hashlib.sha256(value).hexdigest() for value in values if isinstance(value, bytes)}
        if any(text in written for text in texts) or hashes & pictures:
            yield name


def leaves(value: Any) -> Iterator[str | bytes]:
    if isinstance(value, str | bytes):
        yield value
    elif isinstance(value, dict):
        yield from leaves(list(value.items()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each)


def read(value: str | bytes) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return urllib.parse.unquote_plus(text.replace("&quot;", '"').replace("&amp;", "&")).lower()


def embedded(content: bytes) -> Iterator[bytes]:
    """Pictures in a page, in a kept answer, and in TFRecords."""
    for found in re.findall(rb"base64,([\w+/=]+)", content):
        yield base64.b64decode(found)
    if content.startswith(b'{"url"'):
        yield content.partition(b"\n")[2]
    yield from examples(content)


def examples(content: bytes) -> Iterator[bytes]:
    """The byte values of every record, if these are whole TFRecords."""
    place, found = 0, []
    while place + 16 <= len(content):
        size = int.from_bytes(content[place : place + 8], "little")
        found.append(content[place + 12 : place + 12 + size])
        place += size + 16
    if place != len(content) or not found:
        return
    from tensorflow.train import Example  # seconds to import

    for record in found:
        for feature in Example.FromString(record).features.feature.values():
            yield from feature.bytes_list.value
