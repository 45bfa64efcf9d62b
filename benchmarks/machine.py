"""What a figure was measured on, and what else the machine was doing meanwhile."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # ships no types


def facts(packages: Iterable[str]) -> dict[str, Any]:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "cpu": models[0] if models else platform.processor(),
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in packages},
    }


def other_work() -> float:
    """CPU seconds spent so far by processes other than this one and its children, past ones too."""
    whole, me = psutil.cpu_times(), psutil.Process()
    processes = (me, *me.children(recursive=True))
    ours = sum(sum(process.cpu_times()[:4]) for process in processes)  # its own, and of the ended
    return float(whole.user + whole.nice + whole.system + getattr(whole, "steal", 0) - ours)
