"""Files of models are read whole, checked, and never run; what is no model is refused in a line."""

import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from stages.core.labels.kinds import Binary, Category, Number
from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.network import card as cards
from stages.network import modelfile
from stages.network.card import Card
from stages.train.models import plain
from tests.models_fixture import CROP, save
from tests.shards_fixture import LABELED

Members = dict[str, bytes]
LABELS_HERE = [LABELS[name] for name in LABELED]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("model") / "model.keras"
    save(plain.build(32, LABELS_HERE), path)
    return path.read_bytes()


def members(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(parts: Members, compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def with_layer(parts: Members, layer: dict[str, Any]) -> Members:
    """With one of the model's layers replaced."""
    config = json.loads(parts["config.json"])
    config["config"]["layers"][2] = layer
    return parts | {"config.json": json.dumps(config).encode()}


def with_card(parts: Members, change: Callable[[Any], Any]) -> Members:
    card = json.loads(parts["model.json"])
    change(card)
    return parts | {"model.json": json.dumps(card).encode()}


def a_lambda(tmp_path: Path) -> dict[str, Any]:
    """The config of a Lambda layer as Keras writes it; running it makes a file."""
    inputs = keras.Input((32, 32, 3))
    layer = keras.layers.Lambda(lambda x, path=str(tmp_path / "ran"): Path(path).touch() or x)
    model = keras.Model(inputs, layer(inputs))
    (tmp_path / "ran").unlink()  # it runs where a model is made
    return dict(json.loads(model.to_json())["config"]["layers"][1])


def test_a_model_and_its_card_come_back(good: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(good)
    model, card = modelfile.load(tmp_path / "model.keras")
    assert card == Card(tuple(LABELS_HERE), CROP)
    assert set(model.output) == {"age", "age_distribution", "gender", "eyeglasses"}
    assert model.predict_on_batch(np.zeros((1, 32, 32, 3)))["gender"].shape == (1, 2)


def test_the_same_weights_give_the_same_bytes(good: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(good)
    model, card = modelfile.load(tmp_path / "model.keras")
    modelfile.save(model, card, tmp_path / "again.keras")
    one, other = members(good), members((tmp_path / "again.keras").read_bytes())
    assert other["model.json"] == one["model.json"]
    modelfile.save(model, card, tmp_path / "third.keras")
    assert (tmp_path / "third.keras").read_bytes() == (tmp_path / "again.keras").read_bytes()


def test_a_card_keeps_every_kind_of_label() -> None:
    labels = (
        Number("stars", 1, 5, "stars", tolerance=1, sigma=0.5),
        Category("mood", ("좋음", "bad")),
        Binary("hat"),
    )
    card = Card(labels, CROP)
    assert cards.from_json(card.to_json()) == card


BAD_CARDS: dict[str, Callable[[Any], Any]] = {
    "no labels": lambda card: card.update(labels=[]),
    "no crop": lambda card: card.pop("crop"),
    "another kind": lambda card: card["labels"][0].update(kind="vector"),
    "a label that is a text": lambda card: card.update(labels=["age"]),
    "two of one name": lambda card: card["labels"].append(card["labels"][0]),
    "a field without value": lambda card: card["labels"][0].pop("low"),
    "a number that is none": lambda card: card["labels"][0].update(low="zero"),
    "other classes than the model": lambda card: card["labels"][1].update(classes=["a", "b", "c"]),
    "other bins than the model": lambda card: card["labels"][0].update(high=10**9),
    "a label that the model lacks": lambda card: card["labels"][1].update(name="race"),
    "a margin that leaves nothing": lambda card: card["crop"].update(margin=-1),
    "a crop of a billion pixels": lambda card: card["crop"].update(size=32_000),
}
LAYERS: dict[str, dict[str, Any]] = {
    "os.system": {"module": "os", "class_name": "system", "config": {}},
    "a download": {"module": "keras.utils", "class_name": "get_file", "config": {}},
    "code in base64": {"class_name": "__lambda__", "config": {"value": "AAAA"}},
    "a class without module": {"class_name": "Dense", "config": {"units": 2}},
    "a module of the workspace": {"module": "stages.train.muon", "class_name": "Muon"},
    "a saved model": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {}},
    "a module that is a list": {"module": ["os"], "class_name": ["system"], "config": {}},
    "an unknown layer": {"module": "keras.layers", "class_name": "Nonsense", "config": {}},
}
BAD: dict[str, Callable[[Members], bytes]] = {
    "nothing": lambda parts: b"",
    "text": lambda parts: b"no model",
    "half of it": lambda parts: pack(parts)[: len(pack(parts)) // 2],
    "its end": lambda parts: pack(parts)[1000:],
    "an empty zip": lambda parts: pack({}),
    "compressed": lambda parts: pack(parts, zipfile.ZIP_DEFLATED),
    "a bomb": lambda parts: pack(parts | {"x": bytes(10**7)}, zipfile.ZIP_DEFLATED),
    "no config": lambda parts: pack({k: v for k, v in parts.items() if k != "config.json"}),
    "no weights": lambda parts: pack({k: v for k, v in parts.items() if "weights" not in k}),
    "no card": lambda parts: pack({k: v for k, v in parts.items() if k != "model.json"}),
    "no metadata": lambda parts: pack({k: v for k, v in parts.items() if k != "metadata.json"}),
    "weights of nothing": lambda parts: pack(parts | {"model.weights.h5": b""}),
    "a config of text": lambda parts: pack(parts | {"config.json": b"{"}),
    "a config of bytes": lambda parts: pack(parts | {"config.json": b"\xff\x00"}),
    "a config of a number": lambda parts: pack(parts | {"config.json": b"7"}),
    "a deep config": lambda parts: pack(parts | {"config.json": b"[" * 10**5 + b"]" * 10**5}),
    **{f"card: {n}": lambda parts, c=c: pack(with_card(parts, c)) for n, c in BAD_CARDS.items()},
    **{f"layer: {n}": lambda parts, c=c: pack(with_layer(parts, c)) for n, c in LAYERS.items()},
}


def refused(path: Path) -> str:
    with pytest.raises(InputError) as error:
        modelfile.load(path)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{path}: ")
    assert len(line) < len(str(path)) + 350
    return line


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_model_is_one_line(good: bytes, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(BAD[kind](members(good)))
    refused(path)


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    assert "`dvc pull`" in refused(tmp_path / "model.keras")
    assert "cannot be read: Is a directory" in refused(tmp_path)


@pytest.mark.parametrize("outer", [False, True], ids=["in the model", "in a layer of it"])
def test_a_lambda_never_runs(good: bytes, tmp_path: Path, outer: bool) -> None:
    layer = a_lambda(tmp_path)
    assert layer["class_name"] == "Lambda"
    if outer:
        layer = {"module": "keras.layers", "class_name": "Dense", "config": {"activation": layer}}
    path = tmp_path / "model.keras"
    path.write_bytes(pack(with_layer(members(good), layer)))
    assert "could run code" in refused(path)
    assert not (tmp_path / "ran").exists()


def test_damage_anywhere_is_noticed(good: bytes, tmp_path: Path) -> None:
    """A changed byte gives the same model, where it is of no matter, or a line; no crash."""
    chance, path = random.Random(1), tmp_path / "model.keras"
    card = Card(tuple(LABELS_HERE), CROP)
    lines = 0
    for _ in range(150):
        content = bytearray(good)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            assert modelfile.load(path)[1] == card
        except InputError as error:
            lines += len(str(error).splitlines())
    assert lines > 100
