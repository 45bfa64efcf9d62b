"""Plug-ins are found by their file's name, and a wrong name lists those there are."""

import pytest

from stages.core import plugins
from stages.core.program import InputError


def test_files_and_folders_are_plug_ins() -> None:
    assert plugins.names("stages.crop.detectors") == ["mtcnn", "onnx"]
    assert {"bing", "demo", "folder"} <= {*plugins.names("stages.scrape.sources")}


def test_a_plug_in_is_its_module() -> None:
    assert plugins.find("stages.crop.detectors", "onnx", "crop.detector").__name__ == (
        "stages.crop.detectors.onnx"
    )


@pytest.mark.parametrize("name", ["yunet", "", "../onnx", "onnx.load", "__init__", "ONNX"])
def test_a_wrong_name_lists_what_there_is(name: str) -> None:
    with pytest.raises(InputError) as error:
        plugins.find("stages.crop.detectors", name, "crop.detector")
    assert str(error.value) == (
        f"params.yaml: crop.detector = {name!r}: no such plug-in; allowed: mtcnn, onnx"
    )
