"""The demo site does what it says of itself: the scraper is tested against what it says."""

import datetime
import hashlib
import http.client
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import imagehash
import pytest
from PIL import ExifTags, Image, ImageChops, ImageOps, ImageStat

from stages.core import catalogue
from stages.core.catalogue import Celebrity
from stages.pictures.decoder import Rejected, decode
from stages.pictures.limits import Limits
from stages.scrape.datasets import people
from stages.scrape.sources.demo.painter.portrait import paint_portrait
from stages.scrape.sources.demo.site.drawn_web import DrawnWeb
from stages.scrape.sources.demo.site.folder_web import FolderWeb
from stages.scrape.sources.demo.site.hits import (
    EVERYTHING,
    Assortment,
    DrawnHit,
    facts,
    search_hits,
)
from stages.scrape.sources.demo.site.hosts import SEARCH
from stages.scrape.sources.demo.site.kinds import ALWAYS, FORMS, QUICK, SLOW
from stages.scrape.sources.demo.site.picture_file import picture_bytes
from stages.scrape.sources.demo.site.serving import Routes, serving
from tests.project import ROOT

CATALOGUE = ROOT / "data" / "celebrities.csv"
MIRA = Celebrity("mira-oakum", "Mira Oakum", traits={"gender": "female"})
ZOE = Celebrity("zoe", "Zoë d'Aube & Fils", birth_date=datetime.date(1980, 5, 6))
TRUTH = {hit.kind: hit for hit in reversed(search_hits(MIRA, EVERYTHING))}
Got = tuple[int, http.client.HTTPMessage, bytes]


@pytest.fixture(scope="module")
def site() -> Iterator[Routes]:
    with serving(DrawnWeb([MIRA, ZOE], EVERYTHING)) as routes:
        yield routes


def get(routes: Routes, url: str, method: str = "GET") -> Got:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(*routes[SEARCH], timeout=10)
    connection.request(method, url.split(parts.netloc, 1)[1] or "/", headers={"Host": parts.netloc})
    with connection.getresponse() as response:
        return response.status, response.headers, response.read()


def search(routes: Routes, query: str, first: int = 1) -> list[dict[str, str]]:
    address = f"http://{SEARCH}/images/async?q={quote(query)}&first={first}&count=20&qft=+x"
    page = get(routes, address)[2].decode()
    attributes = re.findall(r'<a class="iusc" m="([^"]*)"', page)
    return [json.loads(unescape(attribute)) for attribute in attributes]


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def test_a_class_shows_about_fourteen_good_pictures_and_a_few_others() -> None:
    hits = search_hits(MIRA)
    kinds = [hit.kind for hit in hits]
    assert sum(kind in FORMS for kind in kinds) == 14
    assert 6 <= len(kinds) - 14 <= 8
    assert set(ALWAYS) <= set(kinds)
    assert len({hit.url for hit in hits}) == len(hits)


def test_the_demo_catalogue_shows_every_kind_and_drips_rarely() -> None:
    kinds = [hit.kind for row in catalogue.read(CATALOGUE) for hit in search_hits(row)]
    assert set(kinds) == {*FORMS, *ALWAYS, *QUICK, *SLOW}
    assert kinds.count("drip") <= 2


def test_duplicates_come_after_what_they_repeat() -> None:
    for row in catalogue.read(CATALOGUE):
        hits = search_hits(row)
        again = next(place for place, each in enumerate(hits) if each.kind == "duplicate")
        assert any(hits[again].shot == each.shot for each in hits[:again])


def test_an_edition_adds_new_hits_on_top() -> None:
    first, second, third = (
        search_hits(Celebrity("mira-oakum", "Mira Oakum", edition)) for edition in (1, 2, 3)
    )
    assert len(second) == len(first) + 4
    assert second[4:] == first
    assert third[4:] == second
    assert all(hit.expected is None for hit in second[:4])


def test_other_looks_have_other_addresses() -> None:
    cat, bear = (
        {hit.url for hit in search_hits(Celebrity("x", "X", traits={"look_alike": animal}))}
        for animal in ("cat", "bear")
    )
    assert not cat & bear


def test_who_is_shown_is_whom_the_catalogue_describes() -> None:
    assert facts(ZOE) == {"birth_date": "1980-05-06"}
    person = TRUTH["portrait"].person
    assert person is not None
    assert (person.slug, person.gender) == ("mira-oakum", "female")
    other = TRUTH["namesake"].person
    assert other is not None
    assert other.slug != person.slug
    assert TRUTH["no_face"].person is None
    assert [TRUTH[kind].faces for kind in ("portrait", "two_faces", "no_face")] == [1, 2, 0]


def test_result_pages_hold_twenty_tiles_in_bings_shape(site: Routes) -> None:
    expected = [hit.url for hit in search_hits(MIRA, EVERYTHING)]
    pages = [search(site, "Mira Oakum", first) for first in (1, 21, 41)]
    assert [len(page) for page in pages] == [20, len(expected) - 20, 0]
    assert [hit["murl"] for page in pages for hit in page] == expected
    assert set(pages[0][0]) == {"murl", "purl", "turl", "t"}


def test_names_with_accents_quotes_and_ampersands_are_found_and_read(site: Routes) -> None:
    hits = search(site, "ZOË  D'Aube & Fils")
    assert hits[0]["t"].startswith("Zoë d'Aube & Fils ")


def test_nobody_is_found_by_another_name(site: Routes) -> None:
    assert search(site, "Nobody Atall") == []


@pytest.mark.parametrize(
    ("kind", "status", "header", "value"),
    [
        ("missing", 404, None, None),
        ("forbidden", 403, None, None),
        ("paywalled", 402, None, None),
        ("broken", 500, None, None),
        ("opted_out", 200, "X-Robots-Tag", "noai, noimageai"),
        ("bomb", 200, "Content-Encoding", "gzip"),
        ("empty", 200, "Content-Length", "0"),
        ("private_address", 302, "Location", "http://169.254.169.254/latest/meta-data/"),
        ("own_address", 302, "Location", "http://127.0.0.1/server-status"),
    ],
)
def test_a_mishap_answers_as_it_says(
    site: Routes, kind: str, status: int, header: str | None, value: str | None
) -> None:
    got, headers, _ = get(site, TRUTH[kind].url)
    assert got == status
    assert header is None or headers[header] == value
    assert headers["Date"] == "Thu, 01 Jan 2026 00:00:00 GMT"


def test_a_truncated_picture_has_the_length_it_states(site: Routes) -> None:
    _, headers, content = get(site, TRUTH["truncated"].url)
    assert int(headers["Content-Length"]) == len(content)
    with pytest.raises(OSError, match="truncated"):
        opened(content).load()


@pytest.mark.parametrize(("kind", "first"), [("later", 429), ("busy", 503)])
def test_some_answer_only_when_asked_again(site: Routes, kind: str, first: int) -> None:
    status, headers, _ = get(site, TRUTH[kind].url)
    assert status == first
    assert headers["Retry-After"] == ("1" if first == 429 else None)
    assert get(site, TRUTH[kind].url)[0] == 200


def test_a_loop_comes_back_and_a_move_arrives(site: Routes) -> None:
    loop, moved = TRUTH["loop"].url, TRUTH["moved"].url
    there = get(site, loop)[1]["Location"]
    assert get(site, there)[1]["Location"] == loop
    onward = get(site, moved)[1]["Location"]
    assert urlsplit(onward).netloc != urlsplit(moved).netloc
    assert get(site, onward)[2] == picture_bytes(TRUTH["moved"])


def test_one_folder_is_off_limits_and_one_picture_lies_there(site: Routes) -> None:
    assert b"Disallow: /private/" in get(site, "http://pictures.demo.test/robots.txt")[2]
    assert get(site, "http://cdn.demo.test/robots.txt")[0] == 404
    assert TRUTH["disallowed"].url.startswith("http://pictures.demo.test/private/")
    assert get(site, TRUTH["disallowed"].url)[0] == 200


def test_a_canvas_is_huge_by_its_header_alone(site: Routes) -> None:
    content = get(site, TRUTH["huge_canvas"].url)[2]
    assert len(content) < 200
    with pytest.raises(Rejected, match="too_many_pixels"):
        decode(content, Limits(max_pixels=100_000_000))


def test_the_server_may_hang_up(site: Routes) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        get(site, TRUTH["dropped"].url)


@pytest.mark.parametrize("kind", ["oversized", "endless", "drip"])
def test_long_answers_stop_when_the_client_goes(site: Routes, kind: str) -> None:
    before = threading.active_count()
    _read_a_little(site, TRUTH[kind], 4)
    give_up = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < give_up:
        time.sleep(0.02)
    assert threading.active_count() <= before


def _read_a_little(routes: Routes, hit: DrawnHit, count: int) -> None:
    parts = urlsplit(hit.url)
    connection = http.client.HTTPConnection(*routes[SEARCH], timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
    response = connection.getresponse()
    assert len(response.read(count)) == count
    response.close()
    connection.close()


def test_the_server_stops_at_once_whoever_is_connected() -> None:
    drip = urlsplit(TRUTH["drip"].url)
    with serving(DrawnWeb([MIRA], EVERYTHING)) as routes:
        idle = http.client.HTTPConnection(*routes[SEARCH], timeout=10)
        idle.connect()
        slow = http.client.HTTPConnection(*routes[SEARCH], timeout=10)
        slow.request("GET", f"{drip.path}?{drip.query}", headers={"Host": drip.netloc})
        response = slow.getresponse()
        began = time.monotonic()
    assert time.monotonic() - began < 1
    for each in (response, idle, slow):
        each.close()


@pytest.mark.parametrize(
    ("kind", "form", "mode"),
    [
        ("portrait", "JPEG", "RGB"),
        ("webp", "WEBP", "RGB"),
        ("png", "PNG", "RGB"),
        ("grey", "JPEG", "L"),
        ("cmyk", "JPEG", "CMYK"),
    ],
)
def test_good_pictures_have_many_forms(site: Routes, kind: str, form: str, mode: str) -> None:
    image = opened(get(site, TRUTH[kind].url)[2])
    assert (image.format, image.mode) == (form, mode)
    image.load()
    shot = TRUTH[kind].shot
    assert shot is not None
    assert image.size == (shot.width, shot.height)


def test_a_turned_picture_is_upright_by_its_exif() -> None:
    hit = TRUTH["rotated"]
    assert hit.person
    assert hit.shot
    image = opened(picture_bytes(hit))
    assert image.size == (hit.shot.height, hit.shot.width)
    upright = ImageOps.exif_transpose(image)
    assert difference(upright, paint_portrait(hit.person, hit.shot)) < 6


def test_exif_tells_of_the_picture_and_not_of_the_person() -> None:
    hit = TRUTH["portrait"]
    shot = hit.shot
    assert shot
    tags = opened(picture_bytes(hit)).getexif()
    taken = tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal]
    assert taken == f"{shot.taken:%Y:%m:%d} 12:00:00"
    assert tags[ExifTags.Base.ImageDescription] == hit.title
    words: Any = tags[ExifTags.Base.XPKeywords]
    assert words.decode("utf-16-le").rstrip("\0").split(";") == [
        f"faceline:expression={shot.expression}",
        f"faceline:eyeglasses={int(shot.eyeglasses)}",
        f"faceline:wearing_hat={int(shot.wearing_hat)}",
        f"faceline:no_beard={int(shot.no_beard)}",
    ]


def test_duplicates_are_exact_and_near_ones_near() -> None:
    hits = search_hits(MIRA, Assortment(portraits=2, mishaps=()))
    one = {hit.kind: hit for hit in hits if hit.kind != "portrait"}
    first, second = sorted(
        (hit for hit in hits if hit.kind == "portrait"), key=lambda each: each.url[-20:]
    )
    contents = {picture_bytes(first), picture_bytes(second)}
    assert picture_bytes(one["duplicate"]) in contents
    assert picture_bytes(one["near_duplicate"]) not in contents
    original = next(each for each in (first, second) if each.shot == one["near_duplicate"].shot)
    hashes = [
        imagehash.phash(opened(picture_bytes(each))) for each in (original, one["near_duplicate"])
    ]
    assert hashes[0] - hashes[1] <= 8


def test_the_same_people_have_the_same_files_in_every_release() -> None:
    content = hashlib.sha256()
    for hit in search_hits(MIRA, EVERYTHING):
        content.update(f"{hit.url} {hit.kind} {hit.title}\n".encode())
        content.update(picture_bytes(hit))
    assert content.hexdigest()[:16] == "4985dbb9a3c0ad16"


def test_requests_are_logged_in_order(tmp_path: Path) -> None:
    log = tmp_path / "below" / "requests.jsonl"
    with serving(DrawnWeb([MIRA]), log) as routes:
        get(routes, "http://pictures.demo.test/robots.txt?x=1")
        get(routes, "http://cdn.demo.test/robots.txt")
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines == [
        {"host": "pictures.demo.test", "path": "/robots.txt?x=1", "status": 200},
        {"host": "cdn.demo.test", "path": "/robots.txt", "status": 404},
    ]


def test_people_can_look_at_it_by_its_plain_address(site: Routes) -> None:
    plain = "http://{}:{}".format(*site[SEARCH])
    index = get(site, f"{plain}/")[2].decode()
    assert "Zoë d&#x27;Aube &amp; Fils" in index
    page = get(site, f"{plain}/people/mira-oakum")[2].decode()
    shown = re.findall(r'<img src="([^"]+)"', page)
    assert get(site, plain + unescape(shown[0]))[0] == 200
    assert get(site, f"{plain}/people/nobody")[0] == 404
    assert get(site, f"{plain}/{SEARCH}/images/async?q=x&first=y")[0] == 400


def test_a_folder_is_shown_like_a_search(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (folder / "all").mkdir(parents=True)
    (folder / "people.csv").write_text("bioguide,name\nA1,Ann Öst\nB2,Bob\n")
    Image.new("RGB", (90, 90), (1, 2, 3)).save(folder / "all" / "A1.jpg")
    (tmp_path / "B2.jpg").write_bytes(b"secret")
    (folder / "B2.jpg").symlink_to(tmp_path / "B2.jpg")
    with serving(FolderWeb(folder, people.read(folder))) as routes:
        (hit,) = search(routes, "Ann Öst")
        status, headers, content = get(routes, hit["murl"])
        assert (status, headers["Content-Type"]) == (200, "image/jpeg")
        assert content == (folder / "all" / "A1.jpg").read_bytes()
        assert search(routes, "Bob") == []
        for path in ("a1/../people.csv", "a1/%2e%2e/people.csv", "b2/B2.jpg", "people.csv"):
            assert get(routes, f"http://pictures.demo.test/{path}")[0] == 404
