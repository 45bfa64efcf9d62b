"""Trainings with what `stages.network.devices` chooses on GPUs, on the devices of a CPU.

python -m tests.network.devices_program SHARDS FOLDER
"""

import logging
import sys
from pathlib import Path

from stages.core.labels.known import LABELS
from stages.network import devices
from tests.models_fixture import save
from tests.shards_fixture import LABELED
from tests.train.test_train import params


def main(shards: Path, folder: Path) -> None:
    devices.quiet()
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    both = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    # In this order: once its operations are deterministic, TensorFlow compiles nothing.
    for name, compiled, strategy in (("xla", True, None), ("two", False, both)):
        chosen = devices.Devices("mixed_bfloat16", compiled, strategy, name)
        fit(chosen, shards, folder / name)


def fit(chosen: devices.Devices, shards: Path, folder: Path) -> None:
    from stages.train import fitting, heads
    from stages.train.models import compact

    devices.reproducible(1, chosen.jit_compile)
    folder.mkdir(parents=True)
    labels = [LABELS[name] for name in LABELED]
    training = fitting.Training(
        "compact",
        compact,
        labels,
        heads.losses(labels, 0.05),
        shards,
        params(epochs=4, optimizer="muon"),
        folder,
        folder / "history",
    )
    save(fitting.fit(training, chosen), folder / "model.keras")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
