"""Small made-up data sets, in a folder or an archive, and what a source makes of them."""

import io
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from stages.core import schema
from stages.core.store import Store
from stages.scrape.params import Params
from stages.scrape.source import Crawled
from tests.project import ROOT

FORMS = ("", ".zip", ".tar", ".tar.gz")  # a folder and the archives
SHARED = ROOT.parent / "shared" / "data"


def params(**changes: Any) -> Params:
    usual: dict[str, Any] = {
        "sources": {"folder": "pictures"},
        "max_results": 1,
        "min_pictures": 0,
        "licence": "any",
        "min_picture_side": 20,
        "max_pixels": 1_000_000,
        "max_bytes": 100_000,
        "download_timeout": 1.0,
        "max_attempts": 1,
        "request_interval": 0.0,
        "threads": 4,
        "proxy": None,
        "contact": "",
        "files_per_partition": 500,
        "site": None,
    }
    return Params(**(usual | changes))


def jpeg(seed: int, size: tuple[int, int] = (20, 24)) -> bytes:
    width, height = size
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


def lay(root: Path, files: dict[str, bytes], suffix: str = "") -> Path:
    """The files in a folder, or in an archive of that name with a suffix of `FORMS`."""
    if suffix.startswith((".tar", ".tgz")):
        return tar(root.with_suffix(suffix), [(named(name), files[name]) for name in files])
    if suffix:
        path = root.with_suffix(suffix)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    root.mkdir(parents=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def named(name: str, **values: Any) -> tarfile.TarInfo:
    """A tar's header; a name that ends in a slash is a folder's."""
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
    for key, value in values.items():
        setattr(info, key, value)
    return info


def tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """A tar of these members, compressed as its name says."""
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def crawled(source: ModuleType, given: Path, **changes: Any) -> list[Crawled]:
    """All partitions, their rows held against the schemas."""
    chosen = params(**changes)
    partitions = source.plan(given, chosen)
    found = list(source.crawl(partitions, given, chosen, Store(given.parent / "store")))
    for each in found:
        pa.Table.from_pylist(each.images, schema.IMAGES)
        pa.Table.from_pylist(each.attempts, schema.ATTEMPTS)
    return found


def reasons(found: list[Crawled]) -> dict[str, str | None]:
    return {row["url"].removeprefix("file:"): row["reason"]
            for each in found for row in each.attempts}  # fmt: skip


def labels(found: list[Crawled]) -> dict[str, dict[str, str]]:
    return {row["url"].removeprefix("file:"): dict(row["metadata"])
            for each in found for row in each.images}  # fmt: skip


def real(name: str) -> Path:
    """A data set of real pictures, or a skip that says why."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs ../shared/data/{name}, real pictures that are not in git")
    return path
