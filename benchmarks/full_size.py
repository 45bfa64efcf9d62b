"""200,000 pictures from import to evaluation, and how the seed projects kept theirs beside it.

    python -m benchmarks.full_size [--pictures 200000]

Drawn faces are repeated, each time moved, lighter or darker and noisy, in CelebA's layout at 89 x
109 pixels. The recipe `celeba` runs on them, one epoch, stage by stage, on a tenth of them and on
all: seconds, the highest memory of any process, and the bytes that the stage leaves. Then some of
the pictures are written and read as the seeds did, and as shards. Takes about half an hour and
6 GB of disk; the table of docs/full_size.md is made of it.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import yaml

from benchmarks import machine, page, watching
from benchmarks.pictures import drawn
from stages.core.labels.known import CELEBA, LABELS
from stages.core.tables import write_json
from stages.formats import batches, tfrecord
from tests import project as projects

RESULTS = Path(__file__).parent / "results" / "full_size.json"
PAGE = page.DOCS / "full_size.md"
COMMAND = "python -m benchmarks.full_size"
HEIGHT, WIDTH = 109, 89  # of the seed's pictures
BASES, FIELDS, REACH = 200, 64, 12  # drawn faces, fields of noise, pixels that a face is moved
COMPARED = 2_000  # pictures kept in the seeds' ways
PACKAGES = ("dvc", "pyarrow", "tensorflow", "numpy")
CHANGES = (
    "crop.size=109",
    "split.near_duplicate_bits=0",  # copies of a few hundred drawn faces are all alike
    "train.image_size=[109,89]",
    "train.epochs=1",
    "train.warmup_epochs=0.1",
    "train.cache=false",  # or the decoded pictures stay in memory
)
Pixels = npt.NDArray[np.uint8]


def faces(count: int) -> Iterator[Pixels]:
    """So many pictures (HEIGHT, WIDTH, 3), no two alike."""
    rng = np.random.default_rng(1)
    large = (WIDTH + REACH, HEIGHT + REACH)
    bases = [
        cv2.resize(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), large)
        for data in drawn(BASES)
    ]
    fields = rng.normal(0, 6, (FIELDS, HEIGHT, WIDTH, 3)).astype(np.float32)
    for number in range(count):
        top, left = rng.integers(0, REACH, 2)
        face = bases[number % BASES][top : top + HEIGHT, left : left + WIDTH]
        noise = np.roll(fields[rng.integers(FIELDS)], rng.integers(WIDTH), axis=1)
        yield np.clip(face + noise + rng.uniform(-40, 40), 0, 255).astype(np.uint8)


def write_celeba(folder: Path, count: int) -> None:
    """The official layout, with attributes by chance."""
    pictures = folder / "img_align_celeba"
    pictures.mkdir(parents=True)
    signs = np.where(np.random.default_rng(2).random((count, len(CELEBA))) < 0.5, "1", "-1")
    with (folder / "list_attr_celeba.txt").open("w") as listing:
        names = (name.title() for name in CELEBA)
        listing.write(f"{count}\n{' '.join(names)}\n")
        for number, (face, row) in enumerate(zip(faces(count), signs, strict=True), start=1):
            name = f"{number:06}.jpg"
            (pictures / name).write_bytes(encoded(face))
            listing.write(f"{name} {' '.join(row)}\n")


def encoded(face: Pixels) -> bytes:
    data: bytes = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
    return data


def run(count: int, folder: Path) -> dict[str, dict[str, float]]:
    """Seconds, highest memory in MB and MB left, by stage, of the DAG on so many pictures."""
    write_celeba(folder / "celeba", count)
    project = projects.clone(folder / "faceline")
    given = ["recipe=celeba", f"scrape.sources.celeba={folder / 'celeba'}", *CHANGES]
    overrides = [word for each in given for word in ("-S", each)]
    seen = watching.by_stage(project, ["dvc", "exp", "run", *overrides])
    lock = yaml.safe_load((project.folder / "dvc.lock").read_text())["stages"]
    left = {name: sum(out["size"] for out in stage["outs"]) for name, stage in lock.items()}
    return {
        name: {
            "seconds": stage.seconds, "memory": stage.memory, "left": left.get(name, 0) / 1e6
        }
        for name, stage in seen.items()
    }  # fmt: skip


def timed(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def compare(folder: Path) -> dict[str, dict[str, float]]:
    """MB on disk, seconds to write and to read, and MB in memory once read, by way of keeping."""
    pictures = np.stack(list(faces(COMPARED)))
    table = pictures.reshape(COMPARED, -1)
    csv, npy, shards = folder / "pixels.csv", folder / "pixels.npy", folder / "shards"
    ways = {
        "CSV of pixels": (csv, lambda: np.savetxt(csv, table, "%d", ","), lambda: read_csv(csv)),
        "NPY": (npy, lambda: np.save(npy, pictures), lambda: np.load(npy)),
        "shards": (shards, lambda: write_shards(shards, pictures), lambda: read_shards(shards)),
    }
    found = {}
    for name, (path, write, read) in ways.items():
        row = {"write": timed(write), "read": timed(read)}
        files = [path] if path.is_file() else path.iterdir()
        row["left"] = sum(file.stat().st_size for file in files) / 1e6
        found[name] = row
    return found


def read_csv(path: Path) -> Pixels:
    import pandas as pd

    pixels: Pixels = pd.read_csv(path, header=None, dtype=np.uint8).to_numpy()
    return pixels


def write_shards(folder: Path, pictures: Pixels) -> None:
    """As the stage `shard` does, and the JPEG that comes of the stage `crop`."""
    folder.mkdir()
    writer = tfrecord.Writer(folder, [LABELS["male"]], HEIGHT)
    writer.write(tfrecord.file_name("train", 0, 1), map(example, pictures))
    writer.finish({"train": [len(pictures)]})


def example(face: Pixels) -> dict[str, Any]:
    square = cv2.copyMakeBorder(face, 0, 0, 10, HEIGHT - WIDTH - 10, cv2.BORDER_REPLICATE)
    names = {"face_id": "x", "identity": None, "source": "celeba"}
    return names | {"male": True, "face": {"bytes": encoded(square)}}


def read_shards(folder: Path) -> None:
    """As training does: nothing of it stays in memory."""
    for _ in batches.dataset(folder, "train", [LABELS["male"]], (HEIGHT, WIDTH), 64):
        pass


def table(result: dict[str, Any]) -> str:
    """Both tables of the page, in Markdown."""
    few, many = result["runs"]
    heads = [f"{int(count):,}" for count in (few, many)]
    lines = [f"| stage | minutes, {heads[1]} | MB, {heads[0]} | MB, {heads[1]} | left, MB |"]
    lines.append("|---|---|---|---|---|")
    for name, large in result["runs"][many].items():
        small, title = result["runs"][few][name], "DVC itself" if name == "start" else name
        cells = [f"{large['seconds'] / 60:.1f}", f"{small['memory']:.0f}", f"{large['memory']:.0f}"]
        lines.append("| " + " | ".join([title, *cells, f"{large['left']:.0f}"]) + " |")
    per = 1000 / result["ways"]["pictures"]
    lines += ["", "| 1,000 pictures of 89 × 109 as | MB | written in, s | read in, s |"]
    lines.append("|---|---|---|---|")
    for name, way in result["ways"].items():
        if isinstance(way, dict):
            cells = [f"{way[key] * per:.2f}" for key in ("left", "write", "read")]
            lines.append("| " + " | ".join([name, *cells]) + " |")
    where = result["machine"]
    return "\n".join([*lines, "", f"{where['cpus']} cores of an {where['cpu']}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=200_000)
    count = parser.parse_args().pictures
    with tempfile.TemporaryDirectory() as folder:
        kept = compare(Path(folder))
    runs = {}
    for size in (count // 10, count):
        with tempfile.TemporaryDirectory() as folder:
            runs[str(size)] = run(size, Path(folder))
    ways = {"pictures": COMPARED, **kept}
    result = {"runs": runs, "ways": ways, "machine": machine.facts(PACKAGES)}
    write_json(RESULTS, result)
    page.fill(PAGE, COMMAND, table(result))


if __name__ == "__main__":
    main()
