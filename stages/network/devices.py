"""The devices of this machine and how to use them; TensorFlow without its own log lines."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

BFLOAT16 = (8, 0)  # the first compute capability of NVIDIA's with fast bfloat16 (Ampere)


@dataclass(frozen=True)
class Devices:
    """How to compute. `strategy` spreads a batch over the GPUs; None uses one device."""

    policy: str
    jit_compile: bool
    strategy: Any | None
    summary: str


def quiet() -> None:
    """Import TensorFlow without its own log lines; warnings of Python still show."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # at 2 a version mark inside tf.data is an "error"
    for name in ("absl", "tensorflow", "dvclive", "h5py"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with _silent():
        import tensorflow as tf

        tf.config.list_physical_devices()


@contextmanager
def _silent() -> Iterator[None]:
    """Close the process's error stream: TensorFlow's C++ writes there before it reads any level."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def choose(mixed_precision: bool, jit_compile: bool, multi_gpu: bool) -> Devices:
    """Choose, of the options that are on, those that this machine's devices are faster with.

    bfloat16 and XLA are for GPUs: on CPUs XLA gained nothing and bfloat16 little.
    float16, which older GPUs are limited to, is left out: it needs loss scaling. XLA is left out
    on several devices, where it refuses the variables of all but the first.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    halves = bool(gpus) and all(
        detail.get("compute_capability", (0, 0)) >= BFLOAT16 for detail in details
    )
    policy = "mixed_bfloat16" if mixed_precision and halves else "float32"
    spread = multi_gpu and len(gpus) > 1
    compiled = jit_compile and bool(gpus) and not spread
    names = ", ".join(detail.get("device_name", "GPU") for detail in details) or "CPU"
    return Devices(
        policy,
        compiled,
        tf.distribute.MirroredStrategy() if spread else None,
        f"{names}; {policy}; XLA {'on' if compiled else 'off'}; "
        f"{len(gpus) if spread else 1} device(s)",
    )


def reproducible(seed: int, jit_compile: bool = False) -> None:
    """Seed all random generators and make all operations deterministic."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    if jit_compile:  # Keras does not compile when TensorFlow's own switch is on; XLA has its own
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true".strip()
    else:
        tf.config.experimental.enable_op_determinism()
