"""Only what the devices gain from is used, and the log says what."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from stages.network import devices, modelfile
from tests.project import ROOT
from tests.shards_fixture import LABELED, trial


def pretend(monkeypatch: pytest.MonkeyPatch, capabilities: list[tuple[int, int]]) -> None:
    config: Any = tf.config
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: list(capabilities))
    monkeypatch.setattr(config.experimental, "set_memory_growth", lambda gpu, grows: None)
    monkeypatch.setattr(
        config.experimental,
        "get_device_details",
        lambda gpu: {"device_name": "GPU", "compute_capability": gpu},
    )
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: "mirrored")


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ([], ("float32", False, None, "CPU; float32; XLA off; 1 device(s)")),
        ([(7, 5)], ("float32", True, None, "GPU; float32; XLA on; 1 device(s)")),
        ([(9, 0)], ("mixed_bfloat16", True, None, "GPU; mixed_bfloat16; XLA on; 1 device(s)")),
        (
            [(9, 0), (9, 0)],
            ("mixed_bfloat16", False, "mirrored", "GPU, GPU; mixed_bfloat16; XLA off; 2 device(s)"),
        ),
    ],
)
def test_what_is_asked_for_where_it_helps(
    monkeypatch: pytest.MonkeyPatch, capabilities: list[tuple[int, int]], expected: tuple[Any, ...]
) -> None:
    pretend(monkeypatch, capabilities)
    assert devices.choose(True, True, True) == devices.Devices(*expected)


def test_nothing_is_used_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, [(9, 0), (9, 0)])
    found = devices.choose(False, False, False)
    assert (found.policy, found.jit_compile, found.strategy) == ("float32", False, None)


@pytest.mark.slow
def test_what_gpus_get_trains_on_the_devices_of_a_cpu(tmp_path: Path) -> None:
    """bfloat16, compiled by XLA, and with a batch spread over two devices."""
    shards = trial(tmp_path / "shards")
    program = [sys.executable, "-m", "tests.network.devices_program"]
    done = subprocess.run(
        [*program, shards, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "doesn't support" not in done.stderr  # as Keras says when it does not compile
    losses = [float(loss) for loss in re.findall(r"val_loss ([\d.]+)", done.stderr)]
    assert len(losses) == 8
    for name, own in (("xla", losses[:4]), ("two", losses[4:])):
        assert own[-1] < 0.85 * own[0]
        model, card = modelfile.load(tmp_path / name / "model.keras")
        assert [label.name for label in card.labels] == list(LABELED)
        assert model.dtype_policy.name == "float32"
