"""Finished trainings in the store: what was trained before on the same data is not trained again.

DVC starts `train` whenever a byte of the shards changed, be it only the column of a label that is
not trained. The key here is the hash of what a training reads, and of nothing else.
"""

import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stages.core.code import ROOT, closure
from stages.core.labels import known
from stages.core.scratch import atomic_path, temporary_folder
from stages.core.store import Store, digest, key
from stages.formats import tfrecord
from stages.network.card import Card
from stages.train.params import Params
from stages.train.start import files

KIND = "train"  # of the store's entries; `forget` deletes them all, as weights may hold anybody
MODEL, HISTORY = "model.keras", "history/"
LIBRARIES = ("keras", "tensorflow")


def cache_key(model: str, builder: Any, card: Card, params: Params) -> str:
    """The key of all that a training's result depends on.

    That is: the faces and their order, the values and the definitions of the labels that are
    trained, the parameters and those of the crop, the weights it begins with, the code and the
    libraries.
    """
    # Other labels are none of its business, so their list is not in the key; definitions are.
    listed = Path(known.__file__)
    modules = [Path(__file__).with_name("fitting.py"), ROOT / f"stages/train/models/{model}.py"]
    code = [path for path in closure(modules) if path != listed]
    names = ["face", "face_id", *(label.name for label in card.labels)]
    return key(
        model,
        [tfrecord.fingerprint(builder, split, names) for split in ("train", "validation")],
        [repr(label) for label in card.labels],
        card.crop.model_dump(),
        params.model_dump(exclude={"models", "labels", "init_from", "pretrained"}),
        [digest(file) for file in files(model, params.init_from, params.pretrained)],
        [(str(path.relative_to(ROOT)), digest(path)) for path in code],
        [version(library) for library in LIBRARIES],
    )


def restore(store: Store, key: str, out: Path, history: Path) -> bool:
    """Write the model and the history of a finished training; False when the store has none."""
    entry = store.find(KIND, key)
    if entry is None:
        return False
    with zipfile.ZipFile(entry) as archive:
        for name in archive.namelist():
            path = out if name == MODEL else history / name.removeprefix(HISTORY)
            with atomic_path(path) as draft:
                draft.write_bytes(archive.read(name))
    return True


def keep(store: Store, key: str, out: Path, history: Path) -> None:
    """Put the model and the history of a training that is finished into the store."""
    members = {MODEL: out} | {
        HISTORY + path.relative_to(history).as_posix(): path
        for path in sorted(history.rglob("*"))
        if path.is_file() and path.name != ".gitignore"
    }
    with temporary_folder() as folder:
        with zipfile.ZipFile(folder / "training.zip", "w") as archive:
            for name, path in members.items():
                # ZipInfo's date is always 1980: the same training gives the same bytes.
                with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                    member.write(path.read_bytes())
        store.adopt(KIND, key, folder / "training.zip")
