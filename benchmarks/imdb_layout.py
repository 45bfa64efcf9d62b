"""UTKFace rewritten in IMDB-WIKI's layout: `wiki.mat` and the pictures that it names.

    python -m benchmarks.imdb_layout utkface.zip folder

Lets the recipe `imdb_wiki` be measured on pictures whose ages are known. Everybody is photographed
on the first of July of one year, and was born on that day; genders get IMDB-WIKI's numbers, the
opposite of UTKFace's. A file whose name says no age is left out and counted.
"""

import argparse
import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from scipy.io import savemat

from stages.pictures.decoder import Rejected
from stages.scrape.datasets.codes import GENDERS
from stages.scrape.datasets.files import open_files
from stages.scrape.datasets.reading import Item
from stages.scrape.sources.utkface import describe

PHOTO_YEAR = 2014
NUMBERS = {word: number for number, word in GENDERS["imdb_wiki"].items()}


def day_number(age: int) -> int:
    """Matlab's, of somebody's birth: day 1 is the first of January of year 0."""
    return datetime.date(PHOTO_YEAR - age, 7, 1).toordinal() + 366


def struct(rows: list[tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """The fields of `wiki`, each of one row, for pictures and their labels."""
    count = len(rows)

    def cells(values: list[Any]) -> Any:
        cell = np.empty((1, count), object)
        cell[0, :] = values
        return cell

    return {
        "dob": np.array([[float(day_number(int(labels["age"]))) for _, labels in rows]]),
        "photo_taken": np.full((1, count), float(PHOTO_YEAR)),
        "gender": np.array([[float(NUMBERS[labels["gender"]]) for _, labels in rows]]),
        "full_path": cells([path for path, _ in rows]),
        "name": cells([""] * count),
        "face_score": np.full((1, count), 5.0),
        "second_face_score": np.full((1, count), np.nan),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("given", type=Path, metavar="utkface")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    rows, left_out = [], 0
    with open_files(options.given) as files:
        for number, member in enumerate(files.members()):
            try:
                known, picture = describe(Item(member.name)), files.read(member.name)
            except Rejected:
                left_out += 1
                continue
            path = PurePosixPath(f"{number % 100:02}") / f"{number}.jpg"
            (options.folder / path.parent).mkdir(parents=True, exist_ok=True)
            (options.folder / path).write_bytes(picture)
            rows.append((str(path), known.metadata))
    savemat(options.folder / "wiki.mat", {"wiki": struct(rows)}, do_compression=True)
    print(f"{len(rows)} pictures written, {left_out} left out")


if __name__ == "__main__":
    main()
