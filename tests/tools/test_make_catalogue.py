"""A folder's people, printed as a catalogue."""

from dataclasses import replace
from pathlib import Path

import pytest

from stages.core import catalogue
from stages.core.labels.known import LABELS
from stages.scrape.datasets import people
from stages.tools import make_catalogue

CONGRESS = """bioguide,name,birthday,gender,chamber,state,eyeglasses
A000014,Neil Abermoor,1938-06-26,M,representative,HI,1
B000022,Änne Öst,,F,senator,NY,
"""


def test_the_printed_catalogue_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people.csv").write_text(CONGRESS, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["make_catalogue", str(tmp_path)])
    make_catalogue.main()
    printed = capsys.readouterr().out
    first = "identity,query,edition,gender,race,birth_date,job,look_alike,eyeglasses"
    assert printed.splitlines()[0] == first
    (tmp_path / "celebrities.csv").write_text(printed, encoding="utf-8")
    assert catalogue.read(tmp_path / "celebrities.csv") == [
        replace(person, traits={k: v for k, v in person.traits.items() if k in LABELS})
        for person in people.read(tmp_path)
    ]


def test_a_mistake_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["make_catalogue", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"^make_catalogue: .*people\.csv: no such file$"):
        make_catalogue.main()
