"""Lists that people keep or download, damaged at random: rows or one line, never another error.

Run with -s, the campaign prints its figures.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from flows import editing
from stages.core import catalogue, preflight
from stages.core.program import InputError
from stages.pictures.decoder import Rejected
from stages.scrape.datasets import people
from stages.scrape.sources import urls
from stages.scrape.sources.celeba import lists
from stages.scrape.sources.class_folders.pixel_rows import PixelRows
from tests.scrape.sources.data_sets import params
from tests.scrape.sources.test_celeba import HEADER, comma_separated, row, table

CATALOGUE = (
    "\ufeffidentity,query,edition,gender,birth_date\r\nann-lee,Ann Lee,1,female,1980-05-06\r\n"
    '홍,"홍길동, 배우",2,male,\r\nbo,Bo,,,1990-01-01\r\n'.replace("홍,", "hong,")
).encode()
PEOPLE = "id,name,born,gender,chamber\nA1,Ann,1980-05-06,F,senator\n홍길동,,,m,\n,,,,\n".encode()
ADDRESSES = (
    b"url,identity,page_url,licence,gender\nhttps://a.example/1.jpg,ann,https://a.example/,by,f\n"
    b"http://user:pass@[::1]:80/%E9.jpg?token=1,,,,\n"
)
PIXELS = b"emotion,pixels,Usage\n0," + b" ".join([b"7"] * 2304) + b",Training\n6,1 2,\n"
HOSTILE = [
    *(
        b'"',
        b'""',
        b"'",
        b",",
        b";",
        b"\t",
        b"\0",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\n",
        b"\x1a",
        b"\x0c",
    ),
    *(b"\xff", b"\xed\xa0\x80", b"\xc3", "\ufeff".encode(), "\u2028".encode(), "\x85".encode()),
    *("\u202e".encode(), "e\u0301".encode(), "\u1112\u1169\u11bc".encode(), "😀".encode()),
    *(b"9" * 5000, b"a" * 140_000, b"-1", b"1e400", b"NaN", "٣".encode(), "²".encode()),
    *(b"../../etc", b"0000-00-00", b"9999-12-31", b"2024-02-30", b"20240101", b"2024-W01-1"),
    *(b"=cmd|'/C calc'!A0", b"{}{0}%s%n", b"http://[", b"https://\xff/", b"file:///etc/passwd"),
    *(b",,,,", b'"a\nb"', b"\n,,,\n", b" ", b"identity", b"id,id,id", b"file", b"url"),
]


def _damaged(chance: random.Random, content: bytes) -> bytes:
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        start = chance.randint(0, len(content))
        end = min(len(content), start + chance.choice([0, 0, 0, 1, 2, 20]))
        piece = chance.choice([b"", bytes([chance.randrange(256)]), *[chance.choice(HOSTILE)] * 3])
        if chance.random() < 0.1:  # whole lines twice, or in another order
            lines = content.splitlines(keepends=True)
            content = b"".join(chance.choices(lines, k=len(lines) + 1) if lines else [])
        else:
            content = content[:start] + piece + content[end:]
    return content


def _edited(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """An edit that is refused leaves the file as it was; one that is not leaves a catalogue."""

    def edit(path: Path) -> None:
        before = path.read_bytes()
        try:
            change(path)
        except InputError:
            assert path.read_bytes() == before
            raise
        catalogue.read_searched(path)

    return edit


def _parse(read: Callable[[str, str], object], name: str) -> Callable[[Path], None]:
    return lambda path: (read(name, path.read_bytes().decode("utf-8", "replace")), None)[1]


def _read_pixels(path: Path) -> None:
    rows = PixelRows(path)
    for member in rows.members():
        try:
            rows.read(member.name)
        except Rejected:
            continue


ANN = {"identity": "new", "query": 'Nêw, "x"', "gender": "female", "birth_date": ""}
ATTRIBUTES = [row("1.jpg", "male"), row("2.jpg")]
READERS: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "catalogue": (CATALOGUE, catalogue.read_searched),
    "catalogue's columns": (CATALOGUE, preflight.check_catalogue),
    "add": (CATALOGUE, _edited(lambda path: editing.add(path, ANN))),
    "refresh": (CATALOGUE, _edited(lambda path: editing.refresh(path, ["*"]))),
    "drop": (CATALOGUE, _edited(lambda path: editing.drop(path, "ann-lee"))),
    "people.csv": (PEOPLE, lambda path: people.read(path.parent)),
    "urls": (ADDRESSES, lambda path: urls.plan(path, params())),
    "attributes": (table(*ATTRIBUTES), _parse(lists.read_attributes, "a.txt")),
    "attributes.csv": (
        comma_separated(f"image_id {HEADER}", *ATTRIBUTES),
        _parse(lists.read_attributes, "a.csv"),
    ),
    "splits": (b"1.jpg 0\n2.jpg 2\n", _parse(lists.read_splits, "a.txt")),
    "splits.csv": (b"image_id,partition\n1.jpg,0\n", _parse(lists.read_splits, "a.csv")),
    "identities": (b"1.jpg 2880\n2.jpg 07\n", _parse(lists.read_identities, "a.txt")),
    "FER2013": (PIXELS, _read_pixels),
}


def _campaign(path: Path, name: str, count: int) -> Counter[str]:
    content, read = READERS[name]
    chance, ends, started = random.Random(f"lists/{name}"), Counter[str](), time.monotonic()
    path.write_bytes(content)
    read(path)
    for _ in range(count):
        damaged = _damaged(chance, content)
        path.write_bytes(damaged)
        try:
            read(path)
            ends["read"] += 1
        except InputError as refused:
            message = str(refused)
            ends["one line" if message.isprintable() and len(message) < 2100 else "more"] += 1
        except Exception as error:
            raise AssertionError(f"{name}: {damaged[:2000]!r}") from error
    print(f"{name}: {dict(ends)} in {time.monotonic() - started:.1f} s")
    return ends


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_list_is_rows_or_one_line(tmp_path: Path, name: str) -> None:
    ends = _campaign(tmp_path / "people.csv", name, 150)
    assert ends["read"] + ends["one line"] == 150


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_a_large_campaign_of_damaged_lists(tmp_path: Path, name: str) -> None:
    ends = _campaign(tmp_path / "people.csv", name, 2000)
    assert ends["read"] + ends["one line"] == 2000
