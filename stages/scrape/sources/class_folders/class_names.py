"""Which label a set of class folders belongs to, and which class each folder is."""

from collections.abc import Iterable, Mapping

from stages.core.program import InputError
from stages.core.texts import composed
from stages.scrape.datasets.codes import CLASSES

# Other words for our classes, as data sets name their folders.
SYNONYMS: dict[str, dict[str, str]] = {
    "expression": {
        "anger": "angry",
        "disgusted": "disgust",
        "fearful": "fear",
        "scared": "fear",
        "happiness": "happy",
        "sadness": "sad",
        "surprised": "surprise",
    },
    "gender": {"man": "male", "men": "male", "woman": "female", "women": "female"},
}
SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "publictest": "validation",  # as FER2013's own column names it
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}


def classes_of(where: str, folders: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The label, and its class by folder; a folder that is no class of it is not in the mapping.

    The label is the one of `CLASSES` with most of the names as classes. `InputError` if none has
    any, if two have equally many, or if two names mean the same class.
    """
    names = sorted(set(folders))
    known = {label: _known(label, names) for label in CLASSES}
    most = max(len(classes) for classes in known.values())
    best = [label for label, classes in known.items() if len(classes) == most]
    if most == 0:
        raise InputError(f"{where}: class folders {names[:10]} are classes of no label: {_all()}")
    if len(best) > 1:
        raise InputError(f"{where}: class folders {names[:10]} could be of {' or '.join(best)}")
    _refuse_clash(where, best[0], known[best[0]])
    return best[0], known[best[0]]


def normalise(name: str) -> str:
    """A folder's name as a class is written."""
    return "_".join(composed(name).lower().replace("-", " ").split())


def _known(label: str, names: list[str]) -> dict[str, str]:
    synonyms, classes = SYNONYMS.get(label, {}), CLASSES[label]
    values = {name: synonyms.get(normalise(name), normalise(name)) for name in names}
    return {name: value for name, value in values.items() if value in classes}


def _refuse_clash(where: str, label: str, classes: Mapping[str, str]) -> None:
    by_class: dict[str, str] = {}
    for name, value in classes.items():
        other = by_class.setdefault(value, name)
        if other != name:
            raise InputError(
                f"{where}: class folders {other!r} and {name!r} both mean {label} = {value}; "
                "name them alike"
            )


def _all() -> str:
    return "; ".join(f"{label}: {', '.join(classes)}" for label, classes in CLASSES.items())
