"""What is forgotten is not asked for, not stored and not told of, wherever it turns up."""

from PIL import ExifTags, Image

from stages.core.catalogue import Celebrity
from stages.forget import forgotten as lists
from stages.forget import purge
from stages.scrape.crawl import bing_search, crawler
from stages.scrape.remove_forgotten import remove_forgotten
from stages.scrape.source import Crawled, Partition

BASE = "http://pictures.test"


def crawled(site, params, store) -> Crawled:
    engine = bing_search.engine("bing", "http://search.test")
    (found,) = crawler.crawl(
        [Partition("bo", {}, Celebrity("bo", "bo"))], engine, params, store, site.routes
    )
    return remove_forgotten(found, lists.read_kept_list(store))


def forget(store, names=(), urls=(), images=()) -> None:
    path = store.root.parent / "list"
    lists.write(path, lists.of(names, urls, images))
    purge.purge_if_changed(path, store)


def everything(store) -> bytes:
    files = (path for path in store.root.rglob("*.*") if path.is_file())
    return b"\n".join(path.read_bytes() for path in files if path.name != lists.KEPT)


def reasons(found: Crawled) -> dict[int, str | None]:
    return {row["rank"]: row["reason"] for row in found.attempts if row["rank"]}


def test_an_address_is_not_asked_for_also_not_behind_a_redirect(
    site, reply, picture, params, store
) -> None:
    site.search("bo", [f"{BASE}/{name}.jpg" for name in ("a", "gone", "moved")])
    site.answers["/a.jpg"], site.answers["/gone.jpg"] = reply(picture(1)), reply(picture(2))
    site.answers["/moved.jpg"] = reply(status=302, headers={"Location": "/gone.jpg"})
    forget(store, urls=[f"{BASE}/gone.jpg"])
    found = crawled(site, params, store)
    assert "/gone.jpg" not in site.paths()
    assert reasons(found) == {1: None, 2: "forgotten", 3: "forgotten"}
    gone = next(row for row in found.attempts if row["rank"] == 2)
    assert gone | {"source": "bing"} == {
        "source": "bing", "identity": "bo", "rank": 2, "reason": "forgotten",
    }  # fmt: skip
    assert b"gone" not in everything(store)


def test_a_picture_is_not_stored_whatever_its_address(site, reply, picture, params, store) -> None:
    site.search("bo", [f"{BASE}/a.jpg", f"{BASE}/b.jpg", f"{BASE}/c.jpg"])
    for name, seed in {"a": 1, "b": 2, "c": 2}.items():
        site.answers[f"/{name}.jpg"] = reply(picture(seed))
    first = crawled(site, params, store)
    gone = next(row["image_id"] for row in first.images if row["url"].endswith("b.jpg"))
    assert picture(2) in everything(store)
    forget(store, images=[gone])
    assert picture(2) not in everything(store)
    found = crawled(site, params, store)
    assert reasons(found) == {1: None, 2: "forgotten", 3: "forgotten"}
    assert picture(2) not in everything(store)
    assert picture(1) in everything(store)


def test_a_name_in_an_address_or_a_title_is_enough(site, reply, picture, params, store) -> None:
    site.search("bo", [f"{BASE}/{name}.jpg" for name in ("a", "ada-lorne", "c")])
    for seed, name in enumerate(("a", "ada-lorne", "c")):
        site.answers[f"/{name}.jpg"] = reply(picture(seed))
    page = site.answers["/images/async?q=bo&first=1&count=20"]
    page.body = page.body.replace(f"Title of {BASE}/c.jpg".encode(), b"Bo and Ada Lorne")
    forget(store, names=["Ada Lorne"])
    found = crawled(site, params, store)
    assert reasons(found) == {1: None, 2: "forgotten", 3: "forgotten"}
    assert "/a.jpg" in site.paths()
    assert not {"/ada-lorne.jpg", "/c.jpg"} & set(site.paths())
    assert b"ada-lorne" not in everything(store)
    assert b"Ada Lorne" not in everything(store)


def test_what_a_picture_says_of_itself_is_enough(site, reply, picture, params, store) -> None:
    tags = Image.Exif()
    tags[ExifTags.Base.ImageDescription] = "Ada Lorne at home"
    site.search("bo", [f"{BASE}/a.jpg"], [])
    site.answers["/a.jpg"] = reply(picture(1, exif=tags))
    forget(store, names=["Ada Lorne"])
    found = crawled(site, params, store)
    assert reasons(found) == {1: "forgotten"}
    assert found.images == []
    assert b"Ada Lorne" not in everything(store)


def test_the_same_people_without_anything_forgotten_are_told_in_full(
    site, reply, picture, params, store
) -> None:
    site.search("bo", [f"{BASE}/a.jpg"], [])
    site.answers["/a.jpg"] = reply(picture(1))
    forget(store, names=["Ada Lorne"])
    found = crawled(site, params, store)
    assert found.attempts[0]["url"] == f"{BASE}/a.jpg"
    count = len(site.log)
    crawled(site, params, store)
    assert site.paths()[count:] == []  # pages that name nobody forgotten are remembered
