"""What adding a thing touches, and which stages run then: the two tables of docs/design.md.

Every addition writes exactly the files that the table names, in a copy of the project, and is run
for real. Edits that can change no byte are made there too, and nothing runs.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from tests import project as projects
from tests.project import Project

pytestmark = pytest.mark.slow

PEOPLE = [f"person-{letter}" for letter in "abcdefgh"]
AFTER_FACES = {"label", "validate", "split", "undersample", "shard"}
MODEL = {"train@plain", "evaluate@plain"}

SOURCE = '''"""A source of two pictures of one person."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from stages.core.store import Store
from stages.scrape import rows
from stages.pictures.inspection import inspect
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition


def plan(path: Path, params: Params) -> list[Partition]:
    """One partition of all files."""
    return [Partition("all", {"files": sorted(file.name for file in path.iterdir())})]


def crawl(
    partitions: list[Partition], path: Path, params: Params, store: Store
) -> Iterator[Crawled]:
    """Every file is an image."""
    for partition in partitions:
        crawled = Crawled(partition)
        for rank, name in enumerate(partition.fingerprint["files"], start=1):
            body = (path / name).read_bytes()
            image_id = hashlib.sha256(body).hexdigest()
            known = {"source": "tiny", "identity": "somebody", "url": f"file:{name}"}
            picture = inspect(body, params.limits)
            crawled.images.append(
                rows.image_row(picture, body, image_id=image_id, metadata={}, **known)
            )
            crawled.attempts.append(rows.attempt_row(rank=rank, image_id=image_id, **known))
        yield crawled
'''
DETECTOR = '''"""A detector that takes the middle of every picture for a face."""

from stages.pictures.face import Face


def load(min_face_side):
    """A detector that needs no weights."""

    def detect(picture):
        height, width = picture.shape[:2]
        middle = (width / 2, height / 2)
        return [Face((1.0, 1.0, width - 3.0, height - 3.0), (middle,) * 5, confidence=1.0)]

    return detect
'''
MODEL_FILE = '''"""One dense layer."""

import keras
from keras import layers

from stages.train import heads
from stages.network.inputs import inputs


def build(image_size, labels, channels=3):
    """A model from pictures to one output per label."""
    pictures = inputs(image_size, channels)
    return keras.Model(pictures, heads.attach(layers.Flatten()(pictures), labels), name="tiny")
'''


def draw(path: Path, seed: int) -> None:
    """A picture that is like no other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((48, 48), Image.Resampling.BICUBIC).save(path, quality=95)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A folder of eight people, three pictures each, run to the report with a detector added."""
    rows = [
        f"{name},{name},1,{'male' if number % 2 else 'female'},,1980-01-01,,"
        for number, name in enumerate(PEOPLE)
    ]
    made = projects.create(tmp_path_factory.mktemp("additions") / "faceline", rows)
    for number, name in enumerate(PEOPLE):
        for picture in range(3):
            draw(made.folder / "people" / name / f"{picture}.jpg", 10 * number + picture)
    for picture in range(2):
        draw(made.folder / "more" / f"{picture}.jpg", 100 + picture)
    (made.folder / "stages/crop/detectors/whole.py").write_text(DETECTOR)
    made.set_params(
        scrape={"sources": {"folder": "people"}, "min_pictures": 0, "min_picture_side": 16},
        crop={"detector": "whole", "size": 32},
        label={"labels": ["gender"]},
        validate={"min_faces_per_class": 1},
        split={"stratify": []},
        undersample={"label": None},
        train={"models": ["plain"], "labels": ["gender"], "image_size": 16, "epochs": 1},
    )
    made.repro()
    return made


def ran(project: Project) -> set[str]:
    """The stages that `dvc repro` runs."""
    return set(re.findall(r"Running stage '([^']+)'", project.repro()))


def touch(project: Project, path: str) -> None:
    """Edit a module without a change of meaning."""
    file = project.folder / path
    file.write_text(file.read_text() + "# edited\n")


def params_of(project: Project) -> dict[str, dict[str, object]]:
    content: dict[str, dict[str, object]] = yaml.safe_load(
        (project.folder / "params.yaml").read_text()
    )
    return content


def test_a_source_is_its_folder(project: Project) -> None:
    """No other source runs again."""
    folder = project.folder / "stages/scrape/sources/tiny"
    folder.mkdir()
    (folder / "__init__.py").write_text(SOURCE)
    project.set_params(scrape={"sources": {"folder": "people", "tiny": "more"}})
    assert ran(project) == {"scrape@tiny", "crop@tiny", *AFTER_FACES, *MODEL, "report"}


def test_a_model_is_its_file(project: Project) -> None:
    """No other model is trained again."""
    (project.folder / "stages/train/models/tiny.py").write_text(MODEL_FILE)
    project.set_params(train={"models": ["plain", "tiny"]})
    assert ran(project) == {"train@tiny", "evaluate@tiny", "report"}


def test_a_label_is_an_entry_and_a_column(project: Project) -> None:
    """Nothing is fetched or cropped again, and no model trained whose heads are the same."""
    known = project.folder / "stages/core/labels/known.py"
    labels = "_ALL: tuple[Label, ...] = ("
    known.write_text(known.read_text().replace(labels, f'{labels}\n    Binary("freckles"),'))
    header, *rows = project.catalogue.read_text().splitlines()
    lines = [f"{header},freckles", *(f"{row},1" for row in rows)]
    project.catalogue.write_text("\n".join(lines) + "\n")
    project.set_params(label={"labels": ["gender", "freckles"]})
    before = (project.folder / "models/plain.keras").read_bytes()
    output = project.repro()
    started = set(re.findall(r"Running stage '([^']+)'", output))
    assert not {stage for stage in started if stage.startswith(("scrape", "crop"))}
    counts = json.loads((project.folder / "results/data/label.json").read_text())
    assert counts["labels"]["freckles"]["known"] == 24
    assert "epoch 1/1" not in output
    assert (project.folder / "models/plain.keras").read_bytes() == before


def test_a_detector_is_its_file(project: Project) -> None:
    """The project was run with one that was added."""
    counts = json.loads((project.folder / "results/data/crop/folder.json").read_text())
    assert counts == {"faces": 24, "pictures_left_out": 0, "left_out": {}}


@pytest.mark.parametrize(
    "path", ["stages/core/cluster.py", "stages/scrape/sources/demo/painter/hair.py"]
)
def test_what_shapes_no_byte_runs_nothing(project: Project, path: str) -> None:
    """Where work runs; and the demo's painter, as long as no source is the demo."""
    touch(project, path)
    assert ran(project) == set()
