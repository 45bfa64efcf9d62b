"""What the stage counts, and what it warns of: labels and names that met nothing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stages.label.values import LabelValue

SHOWN = 10  # names in a warning


@dataclass
class Counts:
    """What was labeled. An unreadable value is a null that something stood behind."""

    rows: int = 0
    bystanders: int = 0  # faces of pictures with several
    known: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    origins: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pictures: Counter[str] = field(default_factory=Counter)
    faces: Counter[str] = field(default_factory=Counter)  # by source
    labeled: Counter[str] = field(default_factory=Counter)  # by source, of which a label is known
    identities: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    last_picture: tuple[str, str] | None = None

    def add(
        self, row: Mapping[str, Any], values: Mapping[str, LabelValue], is_bystander: bool
    ) -> None:
        """Count a face, and its picture once: the faces of one picture are neighbours."""
        source = row["source"]
        self.rows += 1
        self.bystanders += is_bystander
        self.faces[source] += 1
        self.labeled[source] += any(value.origin for value in values.values())
        if row["identity"] is not None:
            self.identities[source].add(row["identity"])
        if (source, row["image_id"]) != self.last_picture:
            self.pictures[source] += 1
            self.last_picture = (source, row["image_id"])
        for name, value in values.items():
            self.unreadable[name] += value.unreadable
            if value.origin:
                self.known[name] += 1
                self.origins[name][value.origin] += 1

    def summary(
        self, labels: Iterable[str], sources: Iterable[str], people: Collection[str]
    ) -> dict[str, Any]:
        """The stage's metrics. people: the identities of the catalogue."""
        named = set().union(*self.identities.values())
        return {
            "rows": self.rows,
            "bystanders": self.bystanders,
            "unreadable": self.unreadable.total(),
            "unmatched": {
                "people_without_face": len(set(people) - named),
                "identities_without_row": len(named - set(people)),
            },
            "labels": {
                name: {
                    "known": self.known[name],
                    "null": self.rows - self.known[name],
                    "unreadable": self.unreadable[name],
                    "from": dict(sorted(self.origins[name].items())),
                }
                for name in labels
            },
            "pictures": {source: self.pictures[source] for source in sorted(sources)},
        }

    def warnings(
        self, labels: Iterable[str], sources: Mapping[str, str], catalogue: Path,
        people: Collection[str],
    ) -> Iterator[str]:  # fmt: skip
        """What met nothing, a line each."""
        readers = [name for name, path in sources.items() if Path(path) == catalogue]
        if readers:
            named = set().union(*(self.identities[name] for name in readers))
            if missing := sorted(set(people) - named):
                yield f"{len(missing)} of {len(people)} people of {catalogue} have no face: " + (
                    listed(missing)
                )
        for source in sorted(sources):
            if self.faces[source] and not self.labeled[source]:
                yield self._unlabeled(source, catalogue, people)
        if nothing := [name for name in labels if self.rows and not self.known[name]]:
            yield f"no face has a value of {', '.join(nothing)}; label.labels asks for it"

    def _unlabeled(self, source: str, catalogue: Path, people: Collection[str]) -> str:
        named = self.identities[source]
        strangers = sorted(named - set(people))
        who = "none has an identity"
        if named:
            who = f"{len(strangers)} of {len(named)} identities are not in {catalogue}"
            who += f": {listed(strangers)}" if strangers else ""
        return f"{source}: none of {self.faces[source]} faces has a label; {who}"


def listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
