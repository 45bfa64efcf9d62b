"""What scrape does with its sources' partitions: remembers, gates, counts; the sources are fake."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stages.core import plugins, schema
from stages.core.catalogue import Celebrity
from stages.core.program import InputError
from stages.core.store import Store
from stages.core.tables import read_table
from stages.forget import forgotten as lists
from stages.forget import purge
from stages.forget.forgotten import Forgotten
from stages.scrape import __main__ as scrape
from stages.scrape import jobs, partition_store
from stages.scrape.crawl.network import NetworkLostError
from stages.scrape.params import Params
from stages.scrape.partition_store import PartitionStore, row_code
from stages.scrape.source import Crawled, Partition
from tests.project import ROOT

PARAMS = Params(**yaml.safe_load((ROOT / "params.yaml").read_text())["scrape"]).model_copy(
    update={"min_pictures": 2}
)

NOTHING = Forgotten()


def row(identity: str, number: int) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(schema.IMAGES.names)
    return blank | {"image_id": f"{identity}-{number}", "source": "fake", "identity": identity}


def attempt(identity: str, number: int, reason: str | None = None) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(schema.ATTEMPTS.names)
    url = f"http://x.test/{identity}/{number}"
    return blank | {"source": "fake", "identity": identity, "url": url, "reason": reason}


class Source:
    """A source of so many pictures for each class; it counts what it is asked."""

    def __init__(self, pictures: dict[str, int]) -> None:
        self.pictures = pictures
        self.asked: list[str] = []
        self.failing: dict[str, str] = {}

    def plan(self, path: Path, params: Params) -> list[Partition]:
        return [
            Partition(name, {"n": n}, Celebrity(name, name)) for name, n in self.pictures.items()
        ]

    def crawl(
        self, partitions: list[Partition], path: Path, params: Params, store: Store
    ) -> Iterator[Crawled]:
        for each in reversed(partitions):  # any order
            self.asked.append(each.name)
            count = self.pictures[each.name]
            attempts = [attempt(each.name, n) for n in range(count)]
            attempts.append(attempt(each.name, 99, "not_found"))
            if each.name in self.failing:
                attempts.append(attempt(each.name, 100, self.failing[each.name]))
            images = [row(each.name, n) for n in reversed(range(count))]
            yield Crawled(each, images, attempts, final=each.name not in self.failing)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    made = Source({"zoe": 3, "abe": 2})
    monkeypatch.setattr(partition_store, "_code", lambda name: name)
    for module in (scrape, jobs):
        monkeypatch.setattr(module, "find_source", lambda name: made)
    return made


def run(folder: Path, params: Params = PARAMS, forgotten: Forgotten = NOTHING) -> dict[str, Any]:
    lists.write(folder / "forgotten.csv", forgotten)
    scrape.main(
        "fake", folder / "list.csv", folder / "forgotten.csv", folder / "store", folder / "images",
        folder / "attempts.parquet", folder / "metrics.json", params,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return figures


def test_partitions_become_files_with_sorted_rows_and_all_attempts(
    tmp_path: Path, source: Source
) -> None:
    figures = run(tmp_path)
    assert [path.name for path in sorted((tmp_path / "images").iterdir())] == [
        "abe.parquet", "zoe.parquet",
    ]  # fmt: skip
    ids = read_table(tmp_path / "images" / "zoe.parquet")["image_id"].to_pylist()
    assert ids == ["zoe-0", "zoe-1", "zoe-2"]
    tried = read_table(tmp_path / "attempts.parquet")
    assert tried["identity"].to_pylist() == ["abe"] * 3 + ["zoe"] * 4
    assert figures == {
        "tried": 7, "kept": 5, "classes": 2, "classes_failed": [], "left_out": {"not_found": 2},
    }  # fmt: skip


def test_a_second_run_asks_nothing_and_changes_nothing(tmp_path: Path, source: Source) -> None:
    run(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    source.asked.clear()
    run(tmp_path)
    assert source.asked == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == before


def test_a_new_class_is_asked_for_alone_and_one_that_left_is_gone(
    tmp_path: Path, source: Source
) -> None:
    run(tmp_path)
    source.asked.clear()
    source.pictures = {"zoe": 3, "new": 2}
    run(tmp_path)
    assert source.asked == ["new"]
    assert {path.stem for path in (tmp_path / "images").iterdir()} == {"zoe", "new"}
    assert "abe" not in read_table(tmp_path / "attempts.parquet")["identity"].to_pylist()


def test_a_class_with_too_few_pictures_fails_by_name_and_others_stay(
    tmp_path: Path, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.pictures["few"] = 1
    figures = run(tmp_path)
    assert figures["classes_failed"] == ["few"]
    assert figures["left_out"] == {"not_found": 3, "class_below_min_pictures": 1}
    assert {path.stem for path in (tmp_path / "images").iterdir()} == {"zoe", "abe"}
    assert "fewer than scrape.min_pictures = 2 for: few" in caplog.text


def test_a_forgotten_class_is_neither_asked_for_nor_named(tmp_path: Path, source: Source) -> None:
    run(tmp_path)
    source.asked.clear()
    source.pictures["new"] = 2
    zoe = lists.of(["Zoe"])
    figures = run(tmp_path, forgotten=zoe)
    assert source.asked == ["new"]
    assert figures["left_out"] == {"not_found": 2, "forgotten": 1}
    for path in tmp_path.rglob("*.*"):
        assert "zoe" not in path.name
        assert not path.is_file() or not purge.holds(path, zoe)
    assert {path.stem for path in (tmp_path / "images").iterdir()} == {"abe", "new"}


def test_a_forgotten_picture_leaves_its_class_alone(tmp_path: Path, source: Source) -> None:
    run(tmp_path)
    source.asked.clear()
    figures = run(tmp_path, forgotten=lists.of(urls=["http://x.test/zoe/99"]))
    assert source.asked == ["zoe"]
    assert figures["left_out"] == {"forgotten": 1, "not_found": 1}
    tried = read_table(tmp_path / "attempts.parquet").to_pylist()
    (gone,) = [row for row in tried if row["reason"] == "forgotten"]
    assert (gone["identity"], gone["url"], gone["image_id"]) == ("zoe", None, None)


def test_no_picture_at_all_is_one_line_with_the_reasons(tmp_path: Path, source: Source) -> None:
    source.pictures = {"abe": 0, "zoe": 0}
    with pytest.raises(InputError, match=r"source fake gave no picture; reasons: not_found 2"):
        run(tmp_path)
    assert read_table(tmp_path / "attempts.parquet").num_rows == 2


def test_what_may_pass_is_asked_again_unless_the_class_has_its_pictures(
    tmp_path: Path, source: Source
) -> None:
    source.pictures = {"abe": 2, "few": 1, "zoe": 3}
    source.failing = {"abe": "timeout", "few": "timeout", "zoe": "search_failed"}
    run(tmp_path)
    source.asked.clear()
    run(tmp_path)
    assert sorted(source.asked) == ["few", "zoe"]


def test_a_class_that_missed_addresses_for_want_of_a_network_is_asked_again(
    tmp_path: Path, source: Source
) -> None:
    source.failing = {"abe": "no_network"}  # it has its pictures all the same
    run(tmp_path)
    source.asked.clear()
    run(tmp_path)
    assert source.asked == ["abe"]


def test_a_run_that_loses_its_network_fails_and_the_next_asks_for_the_rest(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = source.crawl

    def lose(*arguments: Any) -> Iterator[Crawled]:
        yield next(whole(*arguments))
        raise NetworkLostError("the network was lost")

    monkeypatch.setattr(source, "crawl", lose)
    with pytest.raises(InputError, match="the network was lost"):
        run(tmp_path)
    assert not (tmp_path / "images").exists()
    assert source.asked == ["abe"]
    monkeypatch.setattr(source, "crawl", whole)
    assert run(tmp_path)["kept"] == 5
    assert source.asked == ["abe", "zoe"]


def test_a_damaged_store_entry_is_made_anew(tmp_path: Path, source: Source) -> None:
    run(tmp_path)
    before = (tmp_path / "images" / "abe.parquet").read_bytes()
    for entry in (tmp_path / "store" / "images").rglob("*.*"):
        entry.write_bytes(b"rot")
    source.asked.clear()
    run(tmp_path)
    assert sorted(source.asked) == ["abe", "zoe"]
    assert (tmp_path / "images" / "abe.parquet").read_bytes() == before


def key(source: str = "demo", **changes: Any) -> str:
    params = PARAMS.model_copy(update=changes)
    return PartitionStore(source, params, Store(Path("store"))).key(Partition("abe", {}))


@pytest.mark.parametrize(
    "change",
    [{"threads": 2}, {"download_timeout": 1.0}, {"request_interval": 9.0}, {"contact": "me"}],
)
def test_parameters_that_shape_no_row_are_not_in_the_key(change: dict[str, Any]) -> None:
    assert key(**change) == key()


@pytest.mark.parametrize(
    "change", [{"min_picture_side": 9}, {"max_results": 9}, {"licence": "publicdomain"}]
)
def test_parameters_that_shape_rows_are_in_the_key(change: dict[str, Any]) -> None:
    assert key(**change) != key()


def test_the_code_of_rows_is_what_their_source_imports() -> None:
    """What reads texts out of a picture shapes its row; another source shapes nothing."""
    modules = {str(path.relative_to(ROOT / "stages")) for path in row_code("folder")}
    assert {
        "scrape/sources/folder/__init__.py",
        "scrape/rows.py",
        "scrape/remove_forgotten.py",
        "scrape/partition_store.py",
        "core/texts.py",
        "core/schema.py",
        "pictures/exif.py",
    } <= modules
    others = {"scrape/sources/bing", "core/cluster.py", "core/progress.py", "scrape/publishing.py"}
    assert [path for path in modules if path.startswith(tuple(others))] == []
    assert "scrape/sources/demo/painter/hair.py" not in modules


def test_a_partition_has_another_key_when_a_module_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = key()
    monkeypatch.setattr(partition_store, "_code", lambda source: f"{source}, edited")
    assert key() != before


def test_an_unknown_source_lists_those_there_are() -> None:
    with pytest.raises(
        InputError,
        match=r"scrape\.sources = 'gogle': .*; allowed: bing, celeba, class_folders, demo",
    ):
        jobs.find_source("gogle")


@pytest.mark.parametrize("name", plugins.names("stages.scrape.sources"))
def test_no_source_knows_a_label_so_a_new_one_fetches_nothing_anew(name: str) -> None:
    modules = {str(path.relative_to(ROOT / "stages")) for path in row_code(name)}
    assert [path for path in modules if path.startswith("core/labels")] == []
