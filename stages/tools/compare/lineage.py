"""What two revisions were made from: parameters, code and other inputs, packages.

Parameters and inputs are those that `dvc.lock` recorded when the outputs were made, not those that
have been edited since.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from stages.tools.compare.revision import Recorded, Revision
from stages.tools.table import Table

PACKAGES = "requirements.lock"
ABSENT = "–"
_PINNED = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)


def tables(before: Revision, after: Revision) -> list[Table]:
    """Changed parameters, inputs by the stages that read them, and packages."""
    header = (before.name, after.name)
    old, new = (_pinned(revision.text(PACKAGES)) for revision in (before, after))
    return [
        Table("Parameters", ("parameter", *header), changes(before.params(), after.params())),
        Table("Code and other inputs", ("changed", "read by"), inputs(before.stages, after.stages)),
        Table(f"Packages ({PACKAGES})", ("package", *header), changes(old, new)),
    ]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A row for every key whose value differs, in order: the key, both values."""
    return [
        (key, *(str(revision.get(key, ABSENT)) for revision in (before, after)))
        for key in sorted({*before, *after})
        if (key in before, before.get(key)) != (key in after, after.get(key))
    ]


def inputs(before: Mapping[str, Recorded], after: Mapping[str, Recorded]) -> list[tuple[str, ...]]:
    """A row for every changed input that no stage makes: its path, and the stages that read it.

    A stage's command counts as an input; a stage that only one revision has gets its own row.
    """
    readers: dict[str, list[str]] = defaultdict(list)
    made = {
        path for revision in (before, after) for each in revision.values() for path in each.outputs
    }
    for stage in sorted({*before, *after}):
        if stage not in before or stage not in after:
            readers[f"stage {stage}"].append("is new" if stage in after else "is gone")
            continue
        old, new = ({"its command": revision[stage].command} | revision[stage].inputs
                    for revision in (before, after))  # fmt: skip
        for path in {*old, *new}:
            if old.get(path) != new.get(path) and not any(_meet(path, out) for out in made):
                readers[path].append(stage)
    both = before.keys() & after.keys()
    return [
        (path, "every stage" if both == {*stages} else ", ".join(stages))
        for path, stages in sorted(readers.items())
    ]


def _meet(path: str, other: str) -> bool:
    """Whether the paths are the same, or one contains the other."""
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")


def _pinned(text: str) -> dict[str, str]:
    return dict(_PINNED.findall(text))
