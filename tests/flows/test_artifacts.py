"""What a run leaves for the browser says what DVC and the stages said, and can be taken back."""

from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import artifacts, contact_sheet
from flows.dag import Stage
from flows.progress_artifact import ProgressArtifact, key
from stages.core import schema
from stages.core.tables import write_batches
from stages.report.funnel import Step
from tests.faces_fixture import jpeg
from tests.flows.small import Workspace

IMAGES = pa.schema([pa.field("face", schema.PICTURE)])


def write_faces(path: Path, count: int, size: int = 96) -> Path:
    rows = [{"face": {"bytes": jpeg(seed, size), "path": None}} for seed in range(count)]
    write_batches(path, IMAGES, pa.Table.from_pylist(rows, IMAGES).to_batches())
    return path


def test_metrics_have_a_row_each_and_changes_come_first() -> None:
    stage = Stage("model@a", frozenset(), metrics=("a.json",))
    changes = {
        "a.json": {"n": {"old": 5, "new": 5}, "mae": {"old": 7.25, "new": 6.0, "diff": -1.25}},
        "b.json": {"n": {"old": 1, "new": 2, "diff": 1}},
    }
    assert artifacts.table(changes, [stage]) == [
        {
            "stage": "model@a",
            "metric": "mae",
            "HEAD": "7.25",
            "this run": "6",
            "change": "-1.25",
        },
        {"stage": "model@a", "metric": "n", "HEAD": "5", "this run": "5", "change": ""},
    ]


def test_metrics_that_are_new_or_gone_say_so() -> None:
    stage = Stage("a", frozenset(), metrics=("a.json",))
    changes = {"a.json": {"x": {"old": None, "new": True}, "y": {"old": "w", "new": None}}}
    rows = artifacts.table(changes, [stage])
    assert [(row["HEAD"], row["this run"]) for row in rows] == [("–", "True"), ("w", "–")]


def test_the_diff_is_dvcs_own(small: Workspace) -> None:
    small.write("model.json", '{"letters": 4}')
    small.commit()
    small.write("model.json", '{"letters": 7}')
    assert artifacts.metrics_diff() == {"model.json": {"letters": {"old": 4, "new": 7, "diff": 3}}}


def test_the_funnel_tells_every_reason_and_no_markup() -> None:
    step = Step("fetch pictures", 1200, 1190, {"not_found": 9, "<b>|x": 1})
    lines = artifacts.funnel_table([step]).splitlines()[2:]
    assert [" ".join(line.split()) for line in lines] == [
        "| fetch pictures | 1,200 | 1,190 | 10 | |",
        "| | | | 9 | not\\_found |",
        "| | | | 1 | &lt;b>\\|x |",
    ]


def test_figures_are_read_by_stage_and_member(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text('{"n": 1}')
    stages = [
        Stage("crop@demo", frozenset(), metrics=("a.json",)),
        Stage("label", frozenset(), metrics=("a.json", "absent.json")),
    ]
    assert artifacts.read_figures(stages) == {"crop": {"demo": {"n": 1}}, "label": {"n": 1}}


def test_the_contact_sheet_is_small_and_no_longer_than_it_must(tmp_path: Path) -> None:
    many = contact_sheet.draw([write_faces(tmp_path / "a.parquet", 80), tmp_path / "never read"])
    few = contact_sheet.draw([write_faces(tmp_path / "b.parquet", 13)])
    assert many
    assert few
    assert len(many) * 4 / 3 < 200_000  # of noise, which no face is
    assert Image.open(BytesIO(many)).size == (768, 320)
    assert Image.open(BytesIO(few)).size == (768, 128)


def test_no_faces_make_no_sheet(tmp_path: Path) -> None:
    assert contact_sheet.draw([]) is None
    assert contact_sheet.draw([write_faces(tmp_path / "a.parquet", 0)]) is None


def test_progress_is_told_every_two_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    clock = iter([0.0, 1.0, 1.9, 2.1])
    monkeypatch.setattr("flows.progress_artifact.time.monotonic", lambda: next(clock))
    progress = ProgressArtifact("crop@demo")

    def tell(done: float, line: str) -> None:
        told.append(done)
        progress.updated = now[0]

    now = [0.0]
    monkeypatch.setattr(progress, "_publish", tell)
    for number in (1, 2, 3, 4):
        now[0] = [0.0, 0.0, 0.0, 2.1][number - 1]
        progress.read(f"crop: {number} of 10 partitions, 1.0 a second, 00:01 left")
    assert told == [10.0, 40.0]
    assert key("crop@demo") == "progress-crop-demo"


@pytest.mark.slow
def test_contact_sheets_of_all_runs_can_be_forgotten(server: str, tmp_path: Path) -> None:
    write_faces(tmp_path / "a.parquet", 3)
    dataset = Stage("shard", frozenset(), dataset=True, outs=(str(tmp_path),))
    sheets = ArtifactFilter(key=ArtifactFilterKey(any_=[artifacts.CONTACT_SHEET]))
    with temporary_settings({PREFECT_API_URL: server}):
        for _ in range(2):
            flow(name="shows faces")(lambda: artifacts.show_faces(dataset))()
        with get_client(sync_client=True) as client:
            found = client.read_artifacts(artifact_filter=sheets)
            assert len(found) >= 2
            assert str(found[0].data).startswith("![Some faces of the dataset](data:image/jpeg;")
            assert artifacts.forget() == len(found)
            assert client.read_artifacts(artifact_filter=sheets) == []
