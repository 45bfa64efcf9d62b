"""Real photographs, searched for by name on a site of our own, through the whole DAG.

600 portraits of members of the US Congress, one each: 600 classes of one picture.
"""

import json
import zipfile
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests import project as projects
from tests.project import ROOT, Project

PORTRAITS = ROOT.parent / "shared" / "data" / "congress.zip"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PORTRAITS.exists(), reason=f"{PORTRAITS} is not there"),
]
PEOPLE = 600


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Everyone scraped by name, and a model trained: the README's commands, two epochs shorter."""
    made = projects.create(tmp_path_factory.mktemp("portraits") / "project", [])
    with zipfile.ZipFile(PORTRAITS) as portraits:
        portraits.extractall(made.folder / "congress")
    made.catalogue.write_text(
        made.run("python", "-m", "stages.tools.make_catalogue", "congress").stdout
    )
    made.set_params(
        scrape={"site": "congress", "min_pictures": 1},
        validate={"min_faces_per_class": 1},
        split={"stratify": ["gender"]},
        undersample={"cap": "none"},  # nobody knows when the pictures were taken, so no ages
        train={"models": ["compact"], "labels": ["gender", "job"], "epochs": 4},
    )
    made.repro()
    return made


def figures(project: Project, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project.folder / "results" / name).read_text())
    return content


def rows(project: Project, *paths: str, columns: list[str]) -> list[dict[str, Any]]:
    tables = (pq.read_table(project.folder / path, columns=columns) for path in paths)
    return [row for table in tables for row in table.to_pylist()]


def crops(project: Project, source: str) -> dict[str, bytes]:
    """The bytes of every face crop, by face_id."""
    paths = (project.folder / "data" / "faces" / source).glob("*.parquet")
    found = rows(project, *map(str, paths), columns=["face_id", "face"])
    return {row["face_id"]: row["face"]["bytes"] for row in found}


def test_everyone_is_found_by_name(searched: Project) -> None:
    scraped = figures(searched, "data/scrape/demo.json")
    assert (scraped["kept"], scraped["classes"], scraped["classes_failed"]) == (PEOPLE, PEOPLE, [])
    images = sorted((searched.folder / "data" / "images" / "demo").glob("*.parquet"))
    pictures = rows(searched, *map(str, images), columns=["identity", "image_id", "url"])
    assert len(pictures) == len({row["image_id"] for row in pictures}) == PEOPLE
    # Each has their own picture, also the namesakes: the site's paths say whose it is.
    assert all(f"/images/{row['identity']}." in row["url"].lower() for row in pictures)


def test_nearly_all_show_one_face(searched: Project) -> None:
    left_out = rows(searched, "data/rejects/crop/demo.parquet", columns=["image_id", "reason"])
    assert len(left_out) <= 0.01 * PEOPLE, left_out
    assert figures(searched, "data/crop/demo.json")["faces"] == PEOPLE - len(left_out)


def test_their_labels_are_there(searched: Project) -> None:
    labels = rows(searched, "data/balanced.parquet", columns=["gender", "job"])
    assert len(labels) >= 0.99 * PEOPLE
    assert {row["gender"] for row in labels} == {"male", "female"}
    assert {row["job"] for row in labels} == {"representative", "senator"}


def test_shards_hold_all_of_them(searched: Project) -> None:
    expected = rows(searched, "data/balanced.parquet", columns=["face_id"])
    shards = sorted((searched.folder / "data" / "shards" / "parquet").rglob("*.parquet"))
    in_parquet = rows(searched, *map(str, shards), columns=["face_id"])
    read = searched.run("python", "-c", READ_TFRECORD).stdout.splitlines()[-1]
    everyone = sorted(row["face_id"] for row in expected)
    assert sorted(row["face_id"] for row in in_parquet) == everyone
    assert json.loads(read) == everyone


# In a process of its own, as a reader elsewhere would: TensorFlow stays out of this one.
READ_TFRECORD = """
import json, tensorflow_datasets as tfds
built = tfds.builder_from_directory("data/shards/tfrecord")
splits = built.as_dataset(shuffle_files=False)
rows = [row for split in splits.values() for row in split.as_numpy_iterator()]
assert all(row["face"].shape == (96, 96, 3) for row in rows)
print(json.dumps(sorted(row["face_id"].decode() for row in rows)))
"""


def test_the_model_learns_gender_from_them(searched: Project) -> None:
    gender = figures(searched, "compact/metrics.json")["gender"]
    assert gender["n"] >= 100
    assert gender["accuracy"] > gender["baseline"]["accuracy"] + 0.05


def test_a_folder_gives_the_same_faces(searched: Project) -> None:
    by_name = crops(searched, "demo")
    searched.set_params(scrape={"sources": {"folder": "congress"}})
    searched.repro("label")
    in_folder = crops(searched, "folder")
    assert set(in_folder) == set(by_name)
    assert in_folder == by_name
    labels = rows(searched, "data/labeled.parquet", columns=["gender", "job"])
    assert {row["job"] for row in labels} == {"representative", "senator"}
    assert {row["gender"] for row in labels} == {"male", "female"}
