"""What git would take with `git add .`: the project, and nothing with faces in it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project import ROOT

FACES = [
    "data/raw/celeba.zip", "data/raw/utkface/1_0_0_2017.jpg.chip.jpg", "data/raw/fer2013.csv",
    "data/fer2013.csv", "data/mine/ada/1.JPEG", "data/people/1.png", "out.png", "me.jpg",
    "photos/1.webp", "photos/1.jfif", "imdb_crop/imdb.mat", "faces.tar.gz", "faces.tgz",
    "models/mine.keras", ".store/picture/ab/x.y", ".store/scratch/x/1.parquet", "dvc_plots/a.html",
    "results/.scratch/x/copy", "data/images/demo/ada.parquet", "shards/a.tfrecord-00000-of-00001",
]  # fmt: skip
PROJECT = ["data/celebrities.csv", "data/forgotten.csv", "params.yaml", "dvc.lock", "docs/new.jpg",
           "results/compact/metrics.json", "stages/train/models/mine.py"]  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    for name in (*FACES, *PROJECT):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def test_nothing_with_faces_is_added_by_accident(repository: Path) -> None:
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    listed = subprocess.run(
        ["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert sorted(listed.stdout.split()) == sorted([".gitignore", *PROJECT])
