"""The demo, crawled by the code that crawls Bing: every result ends as the site says it must."""

import datetime
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stages.core import catalogue
from stages.core.catalogue import Celebrity
from stages.core.program import InputError
from stages.core.store import Store
from stages.scrape.crawl import bing_search, crawler
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition
from stages.scrape.sources import demo
from stages.scrape.sources.demo.site.drawn_web import DrawnWeb
from stages.scrape.sources.demo.site.hits import EVERYTHING, Assortment, facts, search_hits
from stages.scrape.sources.demo.site.hosts import BASE
from stages.scrape.sources.demo.site.kinds import SLOW
from stages.scrape.sources.demo.site.picture_file import picture_bytes
from stages.scrape.sources.demo.site.serving import serving
from tests.project import ROOT

CATALOGUE = ROOT / "data" / "celebrities.csv"
HEADER = "identity,query,edition,birth_date,look_alike,job\n"
# Two whose demo results make nobody wait, so that their partitions are final.
ROWS = ("zinzile-marapoti,Zinzile Marapoti,1,,,\n", "zoe-darquemont,Zoë d'Arquemont,1,,,\n")


def params(**changes: Any) -> Params:
    usual: dict[str, Any] = {
        "sources": {"demo": "celebrities.csv"},
        "max_results": 60,
        "min_pictures": 1,
        "licence": "any",
        "min_picture_side": 80,
        "max_pixels": 50_000_000,
        "max_bytes": 2_000_000,
        "download_timeout": 20.0,
        "max_attempts": 2,
        "request_interval": 1.0,
        "threads": 16,
        "proxy": None,
        "contact": "",
        "files_per_partition": 10,
        "site": None,
    }
    return Params(**(usual | changes))


def written(folder: Path, *rows: str) -> Path:
    path = folder / "celebrities.csv"
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return path


def crawled(path: Path, store: Path, **changes: Any) -> dict[str, Crawled]:
    """Crawl with a store of its own, and read what the site was asked for with `requests`."""
    partitions = demo.plan(path, params(**changes))
    (store / demo.LOG).unlink(missing_ok=True)
    finished = demo.crawl(partitions, path, params(**changes), Store(store))
    return {each.partition.name: each for each in finished}


def requests(store: Path) -> list[str]:
    """The pictures that were asked for, by path and query; neither pages nor robots.txt."""
    lines = (store / demo.LOG).read_text(encoding="utf-8").splitlines()
    paths = [json.loads(line)["path"] for line in lines]
    return [path for path in paths if not path.startswith(("/robots.txt", "/images/"))]


def outcomes(crawled: Crawled, plan: Assortment) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the scraper said of each picture's URL, and what it had to say."""
    assert crawled.partition.celebrity
    truth = {each.url: each.expected for each in search_hits(crawled.partition.celebrity, plan)}
    said = {row["url"]: row["reason"] for row in crawled.attempts if row["rank"] is not None}
    return said, truth


def counts(reasons: Iterable[str | None]) -> Counter[str | None]:
    return Counter(reasons)


@pytest.mark.slow
def test_every_kind_of_result_ends_as_it_must(tmp_path: Path) -> None:
    rows = [Celebrity("mira-oakum", "Mira Oakum"), Celebrity("tomo", "Tomo d'Est & Co")]
    partitions = [Partition(row.identity, {}, row) for row in rows]
    for result in (result for row in rows for result in search_hits(row, EVERYTHING)):
        picture_bytes(result)  # so that on a busy machine no good one is late
    engine = bing_search.engine(demo.NAME, BASE)
    with serving(DrawnWeb(rows, EVERYTHING)) as routes:
        patient = params(download_timeout=5.0)
        finished = list(crawler.crawl(partitions, engine, patient, Store(tmp_path), routes))
    assert len(finished) == 2
    for each in finished:
        said, truth = outcomes(each, EVERYTHING)
        assert counts(said.values()) == counts(truth.values())
        assert said == truth
        assert not each.final
        assert len(each.images) == sum(reason is None for reason in truth.values())


@pytest.mark.slow
def test_the_demo_ends_as_it_must_and_the_second_time_asks_for_nothing(tmp_path: Path) -> None:
    path, store = written(tmp_path, *ROWS), tmp_path / "store"
    first = crawled(path, store)
    assert len(requests(store)) > 40
    for each in first.values():
        said, truth = outcomes(each, Assortment())
        assert said == truth
        assert each.final
    again = crawled(path, store)
    assert requests(store) == []
    assert {name: each.images for name, each in again.items()} == {
        name: each.images for name, each in first.items()
    }


def test_a_picture_carries_what_is_true_of_it(tmp_path: Path) -> None:
    (each,) = crawled(written(tmp_path, ROWS[0]), tmp_path / "store").values()
    assert each.partition.celebrity
    truth = {result.url: result for result in search_hits(each.partition.celebrity)}
    for row in each.images:
        result, metadata = truth[row["url"]], dict(row["metadata"])
        assert row["source"] == "demo"
        assert row["fetched_at"] == datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        if result.kind in ("portrait", "webp", "png", "grey", "cmyk", "rotated", "moved"):
            assert result.shot
            assert metadata["taken"] == result.shot.taken.isoformat()
            assert metadata["faceline:expression"] == result.shot.expression
            assert (row["width"], row["height"]) == (result.shot.width, result.shot.height)


def test_another_edition_asks_for_the_new_pictures_only(tmp_path: Path) -> None:
    store = tmp_path / "store"
    crawled(written(tmp_path, ROWS[0]), store)
    (each,) = crawled(written(tmp_path, ROWS[0].replace(",1,", ",2,")), store).values()
    assert len(requests(store)) == 4
    said, truth = outcomes(each, Assortment())
    assert said == truth


@pytest.mark.slow
def test_other_looks_are_fetched_though_the_edition_is_the_same(tmp_path: Path) -> None:
    store = tmp_path / "store"
    cat, bear = (f"mira,Mira,1,1980-05-06,{animal},actor\n" for animal in ("cat", "bear"))
    before = crawled(written(tmp_path, cat), store)["mira"]
    after = crawled(written(tmp_path, bear), store)["mira"]
    said, truth = outcomes(after, Assortment())
    assert said == truth
    same = {row["image_id"] for row in before.images} & {row["image_id"] for row in after.images}
    # What shows somebody else, or nobody, stays as it was.
    assert len(same) <= 2


@pytest.mark.parametrize(
    "change",
    ["mira,Mira B,1,,,", "mira,Mira,2,,,", "mira,Mira,1,1980-05-06,,", "mira,Mira,1,,cat,"],
)
def test_a_fingerprint_holds_what_decides_the_pictures(tmp_path: Path, change: str) -> None:
    other = "tomo,Tomo,1,,,\n"
    before = demo.plan(written(tmp_path, "mira,Mira,1,,bear,\n", other), params())
    after = demo.plan(written(tmp_path, f"{change}\n", other), params())
    changed = [one.name for one, two in zip(before, after, strict=True) if one != two]
    assert changed == ["mira"]
    assert before[0].fingerprint != after[0].fingerprint
    assert before[1].fingerprint == after[1].fingerprint


def test_a_folder_can_be_the_site(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "tomo").mkdir(parents=True)
    for name, shade in (("mira.jpg", 10), ("tomo/a b.png", 20), ("tomo/c.jpg", 30)):
        Image.effect_noise((90, 100 + shade), shade).save(site / name)
    path = written(tmp_path, "mira,Mira,1,,,\n", "tomo,Tomo,1,,,\n", "uma,Uma,1,,,\n")
    classes = crawled(path, tmp_path / "store", site=str(site))
    assert {name: len(each.images) for name, each in classes.items()} == {
        "mira": 1,
        "tomo": 2,
        "uma": 0,
    }
    before = {each.name: each.fingerprint for each in demo.plan(path, params(site=str(site)))}
    Image.effect_noise((90, 100), 40).save(site / "mira.jpg")
    after = {each.name: each.fingerprint for each in demo.plan(path, params(site=str(site)))}
    assert [name for name in before if before[name] != after[name]] == ["mira"]
    again = crawled(path, tmp_path / "store", site=str(site))
    assert len(requests(tmp_path / "store")) == 1
    assert again["mira"].images != classes["mira"].images


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scrape\.site = 'nowhere': no such folder"):
        demo.plan(written(tmp_path, ROWS[0]), params(site="nowhere"))


def test_nothing_to_crawl_starts_no_site(tmp_path: Path) -> None:
    assert list(demo.crawl([], CATALOGUE, params(), Store(tmp_path))) == []
    assert not (tmp_path / demo.LOG).exists()


def test_the_demo_catalogue_is_balanced_and_knows_everything_of_its_people() -> None:
    rows = catalogue.read(CATALOGUE)
    assert len(rows) == 36
    assert all(
        set(facts(row)) == {"gender", "race", "birth_date", "job", "look_alike"} for row in rows
    )
    assert counts(row.traits["gender"] for row in rows) == {"female": 18, "male": 18}
    assert min(counts(row.traits["race"] for row in rows).values()) >= 4
    assert len({row.traits["look_alike"] for row in rows}) == 11
    assert len({row.traits["job"] for row in rows}) == 7


@pytest.mark.slow
def test_the_people_of_the_demo_end_as_they_must(tmp_path: Path) -> None:
    header, *rows = CATALOGUE.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "celebrities.csv"
    path.write_text("".join([header, *rows[::3]]), encoding="utf-8")  # each takes a second
    classes = crawled(path, tmp_path, download_timeout=10.0, max_attempts=3, max_bytes=10_000_000)
    assert len(classes) == 12
    waiting = {kind for kind in SLOW if SLOW[kind]} - {"oversized", "endless"}
    for each in classes.values():
        assert each.partition.celebrity
        said, truth = outcomes(each, Assortment())
        assert said == truth
        kinds = {result.kind for result in search_hits(each.partition.celebrity)}
        assert each.final == (not kinds & waiting)
    assert sum(len(each.images) for each in classes.values()) == 219
