"""Only what the devices gain from is used, and the log says what."""

from typing import Any

import pytest
import tensorflow as tf

from stages.training import devices


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
            ("mixed_bfloat16", True, "mirrored", "GPU, GPU; mixed_bfloat16; XLA on; 2 device(s)"),
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
