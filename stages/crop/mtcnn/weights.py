"""The weights that the `mtcnn` package carries, read without importing it."""

import importlib.util
import io
import pickle
from pathlib import Path
from typing import Any

import lz4.frame  # type: ignore[import-untyped]  # ships no types
import numpy as np
import numpy.typing as npt


def read(name: str) -> list[npt.NDArray[np.float32]]:
    """Read one network's layers ("pnet", "rnet", "onet") in Keras order.

    Kernels are (height, width, in, out), or (in, out) where dense.

    Raises ModuleNotFoundError without the `mtcnn` package. The package is located, not imported:
    importing it imports TensorFlow.
    """
    spec = importlib.util.find_spec("mtcnn")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "No package mtcnn, which has the detector's weights", name="mtcnn"
        )
    folder = Path(spec.submodule_search_locations[0]) / "assets" / "weights"
    return unpack(lz4.frame.decompress((folder / f"{name}.lz4").read_bytes()))


def unpack(data: bytes) -> list[npt.NDArray[np.float32]]:
    """Read a list of float32 arrays as joblib pickles it.

    The file comes with a package that is pinned by hash; even so, only joblib's array wrapper and
    numpy's dtype are accepted. Raises pickle.UnpicklingError for any other name.
    """
    stream = io.BytesIO(data)

    class Layer:
        """Stands in for joblib's NumpyArrayWrapper: the array's bytes follow it in the stream."""

        def __setstate__(self, state: dict[str, Any]) -> None:
            stream.read(stream.read(1)[0])  # alignment padding, preceded by its length
            shape, dtype = state["shape"], np.dtype(np.float32)
            if state["dtype"] != dtype or state["order"] != "C":
                raise pickle.UnpicklingError(f"expected C-ordered float32, not {state}")
            raw = stream.read(int(np.prod(shape)) * dtype.itemsize)
            self.array = np.frombuffer(raw, dtype).reshape(shape)

    allowed: dict[tuple[str, str], Any] = {
        ("joblib.numpy_pickle", "NumpyArrayWrapper"): Layer,
        ("numpy", "dtype"): np.dtype,
        ("numpy", "ndarray"): None,  # only named, as the class to restore
    }

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) not in allowed:
                raise pickle.UnpicklingError(f"{module}.{name} does not belong in a weights file")
            return allowed[module, name]

    return [layer.array for layer in Reader(stream).load()]
