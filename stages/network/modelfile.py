"""Trained models as `.keras` files: written without a clock, opened without running their code.

A `.keras` file is a zip of `config.json`, `metadata.json` and `model.weights.h5`. Ours also contain
`model.json`, the model's card.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.core.program import InputError
from stages.core.scratch import atomic_path, temporary_folder
from stages.network import card as cards
from stages.network.card import Card
from stages.network.inputs import LARGEST, SMALLEST

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"  # Keras's own
CARD = "model.json"
MAX_CONFIG = 50_000_000  # bytes of a member that is read as JSON; the largest of ours has 1 MB
# What Keras's own layers are made of. Anything else in a file would be imported, or run.
MODULES = re.compile(
    r"keras|keras\.(layers|initializers|regularizers|constraints|activations)"
    r"|keras\.src\.(models|ops|layers|applications)\.[a-z0-9_.]+"
)
RUNS_CODE = {"Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer", "function"}
VALUES = {"__tensor__", "__keras_tensor__", "__numpy__", "__ellipsis__", "__slice__", "__bytes__"}


def save(model: Any, card: Card, path: Path) -> None:
    """Write a `.keras` file. The same weights give the same bytes, so DVC sees no false change."""
    with temporary_folder() as folder:
        dated = folder / "model.keras"
        model.save(dated)
        with (
            atomic_path(path) as draft,
            zipfile.ZipFile(dated) as old,
            zipfile.ZipFile(draft, "w") as new,
        ):
            members = {name: timeless(name, old.read(name)) for name in old.namelist()}
            for name, content in sorted((members | {CARD: card.to_json()}).items()):
                # ZipInfo's own date is 1980, the first that the format can hold.
                new.writestr(zipfile.ZipInfo(name), content)


def timeless(name: str, content: bytes) -> bytes:
    """A member of a `.keras` file without its date and without addresses in memory."""
    if name == METADATA:
        return json.dumps(json.loads(content) | {"date_saved": ""}).encode()
    if name != CONFIG:
        return content
    seen: dict[bytes, int] = {}

    def number(match: re.Match[bytes]) -> bytes:
        return match[1] + b"%d" % seen.setdefault(match[2], len(seen))

    return re.sub(rb'("shared_object_id": )(\d+)', number, content)


def load(path: Path) -> tuple[Any, Card]:
    """A trained model and its card.

    Raises `InputError` in one line for a file that is missing, damaged, too large to be a model,
    not trained by this program, or whose layers could run code of their own.
    """
    card = _read_card(path)
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        sizes = {name: output.shape[1:] for name, output in model.output.items()}
        input_shape = model.input_shape[1:]
    except Exception as error:  # a parser's: whatever it raises, the file is to blame
        raise InputError(f"{path}: Keras cannot open this model: {_brief(error)}") from None
    wanted = {k: (v,) for label in card.labels for k, v in cards.output_widths(label).items()}
    if sizes != wanted or not _takes_faces(input_shape):
        raise InputError(f"{path}: its inputs and outputs are not those that its {CARD} tells of")
    return model, card


def _takes_faces(shape: tuple[Any, ...]) -> bool:
    *sides, channels = shape
    sizes = [isinstance(side, int) and SMALLEST <= side <= LARGEST for side in sides]
    return sizes == [True, True] and channels in (1, 3)


def _read_card(path: Path) -> Card:
    """The card in a model's file, after everything else in the file was looked at."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive)
            config = json.loads(archive.read(CONFIG))
            card = cards.from_json(archive.read(CARD))
            _check_layers(path, config)
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; `dvc repro` trains models, `dvc pull` fetches them"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except InputError:
        raise
    except Exception as error:  # a parser's, of a file that is damaged or no archive at all
        raise InputError(f"{path}: not a trained model, or damaged: {_brief(error)}") from None
    return card


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    """Raise unless the archive's members are those of a model, stored as they are, and whole."""
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise zipfile.BadZipFile("its members are compressed or encrypted")
        if member.filename in (CONFIG, CARD) and member.file_size > MAX_CONFIG:
            raise zipfile.BadZipFile(f"{member.filename} is too large")
    if missing := sorted({CONFIG, METADATA, WEIGHTS} - set(archive.namelist())):
        raise zipfile.BadZipFile(f"it holds no {missing[0]}")
    if CARD not in archive.namelist():
        raise InputError(f"{path}: not trained by this program: it holds no {CARD}")
    if damaged := archive.testzip():
        raise zipfile.BadZipFile(f"{damaged} does not match its checksum")


def _check_layers(path: Path, config: Any) -> None:
    """Raise `InputError` for anything in a model's config that is not a layer of Keras itself."""
    for entry in _objects(config):
        module, name = entry.get("module"), entry["class_name"]
        own = module is None and name in VALUES
        layer = isinstance(module, str) and MODULES.fullmatch(module) and name not in RUNS_CODE
        if not own and not layer:
            raise InputError(
                f"{path}: not opened, as {_brief(f'{module}.{name}')} in it could run code; only "
                "layers of Keras itself are allowed, and no Lambda"
            )


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    """Every mapping, however deep inside, that names a class."""
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "class_name" in part:
                yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _brief(reason: object) -> str:
    """A reason in one line of at most 200 characters."""
    return " ".join(str(reason).split())[:200]
