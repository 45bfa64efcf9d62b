"""The one finder of plug-ins: sources, detectors and models are modules found by their name.

What a plug-in must have is its Protocol: `Source` in stages/scrape, `Detector` in stages/crop,
`Model` in stages/train.
"""

import importlib
import pkgutil
from typing import Any

from stages.core.program import InputError


def names(package: str) -> list[str]:
    """The plug-ins of a package such as `stages.crop.detectors`, in alphabetical order."""
    folders = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(folders))


def find(package: str, name: str, key: str) -> Any:
    """Import a package's plug-in of this name and return the module.

    key: the key of params.yaml that names it. `InputError` lists the plug-ins there are.
    """
    known = names(package)
    if name not in known:
        allowed = ", ".join(known)
        raise InputError(f"params.yaml: {key} = {name!r}: no such plug-in; allowed: {allowed}")
    return importlib.import_module(f"{package}.{name}")
