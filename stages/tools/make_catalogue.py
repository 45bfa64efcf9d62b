"""Print the people of a folder's `people.csv` as a catalogue, as `data/celebrities.csv` is one.

    python -m stages.tools.make_catalogue FOLDER > data/celebrities.csv

Of the folder's further columns those are printed which are labels.
"""

import argparse
import csv
import sys
from pathlib import Path
from typing import TextIO

from stages.core.catalogue import Celebrity
from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.scrape.datasets import people

_ALWAYS = ("identity", "query", "edition", "gender", "race", "birth_date", "job", "look_alike")


def write_catalogue(rows: list[Celebrity], to: TextIO) -> None:
    """Write a catalogue that `stages.core.catalogue` reads."""
    more = [
        name
        for name in LABELS
        if name not in _ALWAYS and any(name in person.traits for person in rows)
    ]
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow([*_ALWAYS, *more])
    for person in rows:
        fixed = {
            "identity": person.identity,
            "query": person.query,
            "edition": person.edition,
            "birth_date": person.birth_date or "",
        }
        values = person.traits | fixed
        writer.writerow([values.get(name, "") for name in (*_ALWAYS, *more)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m stages.tools.make_catalogue")
    parser.add_argument("folder", type=Path)
    try:
        write_catalogue(people.read(parser.parse_args().folder), sys.stdout)
    except InputError as error:
        sys.exit(f"make_catalogue: {error}")


if __name__ == "__main__":
    main()
