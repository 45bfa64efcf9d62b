"""The flow follows DVC's graph and holds no stage names of its own."""

from pathlib import Path

from flows import pipeline

ROOT = Path(__file__).parents[2]


def test_every_stage_comes_after_those_it_needs() -> None:
    order = pipeline.stage_order([])
    assert order[0] == "scrape@demo"
    assert order[-1] == "report"
    assert order.index("shard") < order.index("train@compact") < order.index("evaluate@compact")


def test_targets_bring_what_they_need_and_no_more() -> None:
    assert pipeline.stage_order(["label"]) == ["scrape@demo", "crop@demo", "label"]


def test_no_stage_is_named_in_the_flow() -> None:
    code = Path(pipeline.__file__).read_text()
    for stage in pipeline.stage_order([]):
        assert f'"{stage.split("@")[0]}"' not in code
