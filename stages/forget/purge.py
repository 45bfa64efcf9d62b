"""Take what is forgotten out of the store, once for every new list.

The list knows a person by name; what else belongs to them the store tells: the addresses and
pictures of their rows, and the pictures fetched for their search, finished or not.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, assert_never

import pyarrow.parquet as pq

from stages.core import scratch
from stages.core.scratch import remove
from stages.core.store import Store
from stages.forget import contents
from stages.forget import forgotten as lists
from stages.forget.contents import DAMAGE, PICTURES, Part, Unread, flat, parts
from stages.forget.forgotten import KEPT, Forgotten
from stages.forget.normal_forms import address, addresses_in

_LOGS = ("*.log", "*.jsonl")


@dataclass
class Related:
    """What the rows of forgotten people and things hold: addresses, ids, hashes of the faces."""

    urls: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    faces: set[str] = field(default_factory=set)

    @property
    def hashes(self) -> Forgotten:
        """As a list. A file's own path says too little: another file may take its place."""
        urls = (url for url in self.urls if not url.startswith("file:"))
        return lists.of(urls=urls, images=self.images)


def related(files: Iterable[Path], forgotten: Forgotten) -> Related:
    """What tables and answers of the web say of something forgotten; other files are passed over.

    A table's row counts in which it stands. Of a search that was cut short there is no table: what
    was fetched from addresses on a page that was asked for by name counts too.
    """
    found = Related()
    answers: dict[Path, str] = {}  # address by file
    on_pages: set[str] = set()  # normal forms
    for path in files:
        try:
            _add_rows(found, path, forgotten)
            if (line := contents.header(path)) is not None:
                answers[path] = url = str(line.get("url") or "")
                if forgotten.found_in(url):
                    on_pages.update(addresses_in(contents.body(path).decode("utf-8", "replace")))
        except DAMAGE:  # the store makes it anew, and the proof reads its bytes
            continue
    for path, url in answers.items():
        if forgotten.found_in(url) or address(url) in on_pages:
            _add_picture(found, path, url)
    return found


def _add_rows(found: Related, path: Path, forgotten: Forgotten) -> None:
    faces = set()
    for row in _rows(path):
        if forgotten.found_in(*(text for text in flat(row) if isinstance(text, str))):
            found.urls |= {row["url"]} if row.get("url") else set()
            found.images |= {row["image_id"]} if row.get("image_id") else set()
            faces |= {row["face_id"]} if row.get("face_id") else set()
    if faces:
        found.images |= {face.rpartition("-")[0] for face in faces}
        found.faces |= _faces(path, faces)


def _add_picture(found: Related, path: Path, url: str) -> None:
    """The picture that an address gave, if it gave one."""
    body = contents.body(path)
    if body.startswith(PICTURES):
        found.urls.add(url)
        found.images.add(hashlib.sha256(body).hexdigest())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """A table's rows without their pictures."""
    with path.open("rb") as file:
        if file.read(4) != b"PAR1":
            return
    with pq.ParquetFile(path) as table:
        names = [name for name in table.schema_arrow.names if name not in ("image", "face")]
        for batch in table.iter_batches(columns=names):
            yield from batch.to_pylist()


def _faces(path: Path, wanted: set[str]) -> set[str]:
    """The hashes of some faces' bytes, where the table holds them."""
    with pq.ParquetFile(path) as table:
        names = set(table.schema_arrow.names) & {"face", "image"}
        if not names:
            return set()
        rows = (
            row
            for batch in table.iter_batches(batch_size=64, columns=["face_id", *names])
            for row in batch.to_pylist()
            if row["face_id"] in wanted
        )
        return {
            hashlib.sha256(part).hexdigest()
            for row in rows
            for part in flat(row)
            if isinstance(part, bytes)
        }


def purge_if_changed(path: Path, store: Store) -> Forgotten:
    """The list at `path`, after the store has been purged if it had another one before."""
    forgotten = lists.read(path)
    store.root.mkdir(parents=True, exist_ok=True)
    with (store.root / "forgotten.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # sources may run side by side
        if forgotten != lists.read_kept_list(store):
            purge(store, forgotten)
            lists.write(store.root / KEPT, forgotten)
    return forgotten


def purge(store: Store, forgotten: Forgotten) -> int:
    """Delete every entry that holds something forgotten; give their number.

    All trainings go too, interrupted or finished: their weights may have learnt from the person.
    So does what a killed run left, and the lines of logs.
    """
    entries = list(store.entries())
    everything = forgotten | related(entries, forgotten).hashes
    held = [path for path in entries if holds(path, everything)]
    for path in held:
        remove(path)
    shutil.rmtree(store.root / "train", ignore_errors=True)
    scratch.sweep(store.root / "scratch")
    for pattern in _LOGS:
        for path in store.root.glob(pattern):
            os.truncate(path, 0)  # not deleted: a server may go on writing to it
    return len(held)


def holds(path: Path, forgotten: Forgotten) -> bool:
    """Whether an entry holds something forgotten, or cannot be read, so that nobody knows."""
    try:
        return any(_shows(part, forgotten) for part in parts(path))
    except DAMAGE:
        return True


def _shows(part: Part, forgotten: Forgotten) -> bool:
    match part:
        case bytes():
            return forgotten.shown_by(part)
        case str():
            return forgotten.found_in(part)
        case Unread():
            return True
        case _:
            assert_never(part)
