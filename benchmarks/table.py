"""The README's table of figures, from benchmarks/results: `python -m benchmarks.table`."""

import json
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).with_name("results")
Row = tuple[str, str, str]


def read(name: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return figures


def rows() -> list[Row]:
    """What was measured, what came out, what was to be reached."""
    crop, scrape = read("crop")["figures"], read("scrape")["figures"]
    memory, incremental = read("memory"), read("incremental")["figures"]
    partitions, training = read("partitions")["ratio"], read("training_input")
    flow, cluster = read("flow")["figures"], read("cluster")["two_workers_to_one"]
    share = "share of the bare pool's speed"
    more = "the flow's time to that of dvc repro, on the demo"
    one, batch = "one picture at a time", "in its best batches"
    return [
        (
            "crop, against `mtcnn` one picture at a time",
            f"{crop[f'times the library, {one}']:.1f} ×",
            "≥ 12 ×",
        ),
        (
            "crop, against `mtcnn` in its best batches",
            f"{crop[f'times the library {batch}']:.1f} ×",
            "≥ 2 ×",
        ),
        (
            "crop, faces with IoU ≥ 0.95 with `mtcnn`'s",
            f"{crop['share of faces with IoU >= 0.95']:.1%}",
            "≥ 99.5 %",
        ),
        ("crop, worker start", f"{crop['seconds until the workers are ready']:.2f} s", "≤ 2 s"),
        ("crop, memory of a worker", f"{crop['MB a worker, peak']:.0f} MB", "≤ 300 MB"),
        (
            "crop, 600 partitions of one portrait, against two of 500 and 100",
            f"{partitions['folder']:.2f} × the time",
            "≤ 1",
        ),
        (
            "crop, the same, against one partition per core",
            f"{partitions['per core']:.2f} × the time",
            "–",
        ),
        (
            "scrape at 50 ms, against a bare pool that checks nothing",
            f"{scrape[share]:.0%}",
            "≥ 80 %",
        ),
        *(
            (
                f"{stage}, memory at 10 × the pictures",
                f"{max(memory[stage]['ratios'].values()):.2f} ×",
                "≤ 1.10",
            )
            for stage in ("scrape", "crop", "shard")
        ),
        (
            "`dvc repro`, nothing to do, 100 people",
            f"{incremental['seconds when nothing changed, of 100']:.1f} s",
            "≤ 6 s",
        ),
        (
            "one person added to 100, against added to 10",
            f"{incremental['one more of 100 to one more of 10']:.2f} × the time",
            "≤ 1.3",
        ),
        (
            "one person added to 100, from the catalogue to the shards",
            f"{median(read('incremental')['addition_seconds']['100']):.0f} s",
            "–",
        ),
        (
            "a training step from shards, against one from memory",
            f"{training['ratio']:.2f} × the time",
            "≤ 1.1",
        ),
        (
            "the flow, against `dvc repro`, on the demo",
            f"{flow[more]:.2f} × the time",
            "≤ 1.10",
        ),
        (
            "the flow, overhead per stage",
            f"{flow['seconds that a stage costs more']:.2f} s",
            "≤ 1 s",
        ),
        (
            "the flow, nothing to do",
            f"{flow['seconds when nothing changed']:.1f} s",
            "≤ 12 s",
        ),
        *(
            (f"crop, two workers against one, {where}", f"{cluster[name]:.2f} × the speed", "–")
            for name, where in (("processes", "processes"), ("ray", "on Ray"))
        ),
    ]


def machine() -> str:
    """What it was measured on."""
    facts = read("crop")["machine"]
    return f"{facts['cpus']} cores of an {facts['cpu']}, Python {facts['python']}"


def table() -> str:
    """Markdown."""
    lines = ["| | measured | target |", "|---|---|---|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows())])


if __name__ == "__main__":
    print(f"On {machine()}:\n\n{table()}")
