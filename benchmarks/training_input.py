"""Seconds of a training step on input from shards, against the same step on tensors in memory.

    python -m benchmarks.training_input [--examples 1024] [--rounds 5]

Both ways train the compact model at 64 pixels with every label, batch 64. The shards are read,
decoded, shuffled and varied anew in every round, without the cache; the tensors are two batches
held ready, one after the other. Rounds alternate; the ratio is that of the medians. The labels of
the shards are drawn at random and so are the pictures, which as JPEG are larger than faces.
Takes about two minutes on two cores.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_never

import cv2
import numpy as np

from benchmarks import machine
from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS
from stages.formats import batches, tfrecord
from stages.network import devices
from stages.train.augment import Augment, vary

RESULTS = Path(__file__).parent / "results" / "training_input.json"
TARGET = 1.1
SIZE, BATCH, PER_SHARD = 64, 64, 128
AUGMENT = Augment(flip=True, shift=0.08, zoom=0, brightness=0.15, contrast=0.2, cutout=0)
PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy")


def write_shards(folder: Path, count: int) -> None:
    """A train split of random pictures, smooth enough to compress like faces, with every label."""
    chance = np.random.default_rng(0)
    writer = tfrecord.Writer(folder, LABELS.values(), SIZE)
    lengths = [min(PER_SHARD, count - start) for start in range(0, count, PER_SHARD)]
    for shard, length in enumerate(lengths):
        rows = (example(chance, f"{shard}-{number}") for number in range(length))
        writer.write(tfrecord.file_name("train", shard, len(lengths)), rows)
    writer.finish({"train": lengths})


def example(chance: Any, face_id: str) -> dict[str, Any]:
    coarse = chance.integers(0, 256, (12, 12, 3), dtype=np.uint8)
    picture = cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
    values = {label.name: value(chance, label) for label in LABELS.values()}
    names = {"face_id": face_id, "identity": "", "source": "random"}
    return {**names, **values, "face": {"bytes": data, "path": None}}


def value(chance: Any, label: Label) -> str | int:
    match label:
        case Number():
            return int(chance.integers(label.low, label.high + 1))
        case Category():
            return label.classes[int(chance.integers(len(label.classes)))]
        case Binary():
            return int(chance.integers(2))
        case _:
            assert_never(label)


def model() -> Any:
    """The compact model, compiled as `train` compiles it."""
    import keras

    from stages.train import heads
    from stages.train.models import compact

    labels = list(LABELS.values())
    trained = heads.logits(compact.build(SIZE, labels), labels)
    trained.compile(
        keras.optimizers.AdamW(0.003, weight_decay=0.02, use_ema=True),
        loss=heads.losses(labels, 0.05),
        metrics=heads.metrics(labels),
        jit_compile=False,
    )
    return trained


def seconds_a_step(trained: Any, batches: Iterator[Any], steps: int) -> float:
    """Mean seconds of so many steps; the first batch is fetched before the clock starts."""
    trained.train_on_batch(*next(batches))
    start = time.perf_counter()
    for _ in range(steps):
        trained.train_on_batch(*next(batches))
    return (time.perf_counter() - start) / steps


def read(folder: Path, epochs: int) -> Any:
    return batches.dataset(
        folder,
        "train",
        list(LABELS.values()),
        SIZE,
        BATCH,
        augment=lambda faces, seed: vary(faces, AUGMENT, seed),
        shuffle_seed=0,
        epochs=range(epochs),
    )


def held(ready: list[Any]) -> Iterator[Any]:
    while True:
        yield from ready


def measure(folder: Path, count: int, rounds: int) -> dict[str, list[float]]:
    trained, steps = model(), count // BATCH
    ready = [batch for batch, _ in zip(read(folder, 1), range(2), strict=False)]
    seconds_a_step(trained, held(ready), 3)  # traces and warms up
    times: dict[str, list[float]] = {"shards": [], "memory": []}
    for _ in range(rounds):
        times["memory"].append(seconds_a_step(trained, held(ready), steps))
        times["shards"].append(seconds_a_step(trained, iter(read(folder, 2)), steps))
    return times


def main(count: int, rounds: int) -> None:
    devices.quiet()
    devices.reproducible(0)
    before = machine.other_work()
    with tempfile.TemporaryDirectory() as folder:
        write_shards(Path(folder), count)
        start = time.perf_counter()
        times = measure(Path(folder), count, rounds)
        spent = time.perf_counter() - start
    medians = {name: statistics.median(each) for name, each in times.items()}
    ratio = medians["shards"] / medians["memory"]
    result = {
        "ratio": round(ratio, 3),
        "target": f"at most {TARGET}",
        "met": ratio <= TARGET,
        "milliseconds_a_step": {name: round(1000 * each, 1) for name, each in medians.items()},
        "rounds": {name: [round(1000 * t, 1) for t in each] for name, each in times.items()},
        "batch_size": BATCH,
        "size": SIZE,
        "labels": len(LABELS),
        "cores_others_used": round((machine.other_work() - before) / spent, 2),
        "machine": machine.facts(PACKAGES),
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"shards {1000 * medians['shards']:.1f} ms, memory {1000 * medians['memory']:.1f} ms")
    print(f"ratio {ratio:.3f} (target: at most {TARGET})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--examples", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    main(given.examples, given.rounds)
