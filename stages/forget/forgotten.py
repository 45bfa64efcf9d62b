"""The list of who and what is forgotten: `data/forgotten.csv`, hashes only.

Its columns are `kind` and `sha256`. Hashed are the normal forms of `stages.forget.normal_forms` (a
`name`, a `url`) and a picture's `image_id`, which is a hash itself (`image`): so the list holds
nothing that stands in a table. Rows are sorted: nothing shows what belongs together.
"""

import csv
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stages.core.csvfile import check_columns, read_csv
from stages.core.program import InputError
from stages.core.scratch import atomic_path
from stages.core.store import Store
from stages.forget import normal_forms

KINDS = ("name", "url", "image")
COLUMNS = ("kind", "sha256")
FORGOTTEN = "forgotten"  # the reason in `ATTEMPTS`; such a row names nothing else
KEPT = "forgotten.csv"  # the store's own copy: by which list it was purged
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256(text: str) -> str:
    """The hash of a normal form, in hex."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Forgotten:
    """Hashes in hex, by kind."""

    names: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names or self.urls or self.images)

    def __or__(self, other: "Forgotten") -> "Forgotten":
        return Forgotten(
            self.names | other.names, self.urls | other.urls, self.images | other.images
        )

    def found_in(self, *texts: str | None) -> bool:
        """Whether a name, an address or an image id on the list stands in one of the texts."""
        return bool(self) and any(self._found(text) for text in texts if text)

    def shown_by(self, body: bytes) -> bool:
        """Whether these bytes are a picture on the list."""
        return _any([hashlib.sha256(body).hexdigest()], self.images)

    def _found(self, text: str) -> bool:
        return (
            _any(normal_forms.IMAGE_ID.findall(text), self.images)
            or _any(normal_forms.addresses_in(text), self.urls)
            or _any(normal_forms.names_in(text), self.names)
        )


def _any(forms: Iterable[str], hashes: frozenset[str]) -> bool:
    """Whether the hash of one of the forms is there; without hashes no form is made."""
    return bool(hashes) and any(sha256(form) in hashes for form in forms)


def of(
    names: Iterable[str] = (), urls: Iterable[str] = (), images: Iterable[str] = ()
) -> Forgotten:
    """The hashes of names and addresses as they are written, and of pictures' `image_id`s."""
    forms = filter(None, map(normal_forms.name, names))
    return Forgotten(
        frozenset(map(sha256, forms)),
        frozenset(sha256(normal_forms.address(url)) for url in urls),
        frozenset(map(sha256, images)),
    )


def read(path: Path) -> Forgotten:
    """The list; `InputError` names file, line, value and what is allowed."""
    columns, rows = read_csv(path)
    check_columns(path, columns, COLUMNS, COLUMNS)
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for where, row in rows:
        if row["kind"] not in KINDS:
            raise InputError(f"{where}: kind = {row['kind']!r}; allowed: {', '.join(KINDS)}")
        if not _SHA256.fullmatch(row["sha256"]):
            raise InputError(f"{where}: sha256 = {row['sha256']!r}: must be 64 digits 0-9, a-f")
        found[row["kind"]].add(row["sha256"])
    return Forgotten(*(frozenset(found[kind]) for kind in KINDS))


def write(path: Path, forgotten: Forgotten) -> None:
    """Replace the list."""
    each = zip(KINDS, (forgotten.names, forgotten.urls, forgotten.images), strict=True)
    rows = sorted((kind, one) for kind, hashes in each for one in hashes)
    with atomic_path(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


def read_kept_list(store: Store) -> Forgotten:
    """What this store must not hold again: the list that it was last purged by."""
    path = store.root / KEPT
    return read(path) if path.exists() else Forgotten()
