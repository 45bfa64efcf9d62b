"""What every stage checks before it begins: all of params.yaml, and the catalogue's columns.

A typing mistake in a section would else be noticed hours later, or never, where the default
still stands. No stage depends on another by this: sections are found by their file's place.
"""

import importlib
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stages.core import plugins
from stages.core.catalogue import trait_columns
from stages.core.cluster import Cluster
from stages.core.csvfile import read_csv
from stages.core.labels.known import LABELS
from stages.core.program import InputError, Section, read_params, section
from stages.core.texts import escaped

FOLDER = Path(__file__).parents[1]
HELP = "help"  # the key that says where the others are explained


@cache
def sections() -> dict[str, type[Section]]:
    """The model of every section of params.yaml, by name, in the order of the stages' folders."""
    files = [*FOLDER.glob("*/params.py"), *FOLDER.glob("tools/*/params.py")]
    models = {file.parent.name: _model(file) for file in sorted(files)}
    return models | {"cluster": Cluster}


def _model(file: Path) -> type[Section]:
    name = ".".join(file.relative_to(FOLDER.parent).with_suffix("").parts)
    model: type[Section] = importlib.import_module(name).Params
    return model


def check(params: Mapping[str, Any]) -> None:
    """`InputError` for the first key of params.yaml that is unknown, missing or wrong."""
    models = sections()
    if unknown := [name for name in params if name not in (*models, HELP)]:
        allowed = ", ".join(models)
        raise InputError(f"params.yaml: {unknown[0]} is not a section; allowed: {allowed}")
    for name, model in models.items():
        section(model, dict(params), name)
    _check_plugins(params)
    _check_labels(params)


def check_catalogue(path: Path) -> None:
    """`InputError` for a column that is neither the catalogue's own nor a label.

    What scrape fetches knows no labels, so that a typing error would else be found by its end.
    """
    if not path.exists():
        return  # who needs it says so
    columns, _ = read_csv(path)
    for name in trait_columns(path, columns):
        if name not in LABELS:
            allowed = ", ".join(LABELS)
            raise InputError(f"{path}:1: column {name!r} is no label; labels are: {allowed}")


def check_names(params: Path) -> None:
    """`InputError` for a file below a source's folder whose name is not UTF-8.

    DVC cannot hash such a folder, and ends without saying which file it is; so this is for those
    who start DVC. Of what params.yaml else holds wrong, others speak.
    """
    scrape = read_params(params).get("scrape") if params.exists() else None
    sources = scrape.get("sources") if isinstance(scrape, dict) else None
    for path in sources.values() if isinstance(sources, dict) else ():
        for folder, folders, files in os.walk(Path(str(path)).expanduser()):
            for name in (*folders, *files):
                if not _is_utf8(name):
                    raise InputError(
                        f"{escaped(str(Path(folder, name)))}: a name that is not UTF-8, which DVC "
                        "cannot hold; rename it, or put the folder into a zip or tar"
                    )


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_plugins(params: Mapping[str, Any]) -> None:
    scrape, crop, train = (params[name] for name in ("scrape", "crop", "train"))
    sources, models = plugins.names("stages.scrape.sources"), plugins.names("stages.train.models")
    detectors = plugins.names("stages.crop.detectors")
    _check_known("scrape.sources", scrape["sources"], sources)
    _check_known("crop.detector", [crop["detector"]], detectors)
    _check_known("crop.precropped", crop["precropped"], sources)
    _check_known("train.models", train["models"], models)
    _check_known("train.init_from", train["init_from"], models)


def _check_labels(params: Mapping[str, Any]) -> None:
    """Labels are used where `label.labels` makes columns of them."""
    columns = params["label"]["labels"]
    balanced = params["undersample"]["label"]
    used = {
        "validate.ranges": params["validate"]["ranges"],
        "validate.keep": params["validate"]["keep"],
        "split.stratify": params["split"]["stratify"],
        "undersample.label": [] if balanced is None else [balanced],
        "train.labels": params["train"]["labels"],
    }
    for key, names in used.items():
        _check_known(key, names, columns, "is not in label.labels")


def _check_known(
    key: str, names: Iterable[str], known: Iterable[str], wrong: str = "is unknown"
) -> None:
    if unknown := [name for name in names if name not in known]:
        allowed = ", ".join(known)
        raise InputError(f"params.yaml: {key}: {unknown[0]!r} {wrong}; allowed: {allowed}")
