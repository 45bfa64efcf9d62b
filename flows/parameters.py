"""Setting parameters for a run: `KEY=VALUE` as `dvc exp run -S` takes it, but only plain values.

Forms, programs and CI pass these texts on, and not everybody who may start a run may also read
the machine's environment or write its files. So an override names a key of params.yaml, and
Hydra's interpolation, functions, sweeps and other files are refused.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dvc.config import Config
from dvc.exceptions import DvcException
from dvc.utils.hydra import apply_overrides, compose_and_dump
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from flows import workspace
from stages.core import paths, preflight
from stages.core.program import InputError, read_params

# A key, `+` before one to add it (`++`: add or set), or `~` to remove it.
_KEY = re.compile(r"(\+\+?|~)?(?!hydra\b)\w[\w-]*(\.[\w-]+)*")
_NAME = re.compile(r"[\w-]+")
_ALLOWED = "KEY=VALUE, +KEY=VALUE to add or ~KEY to remove, of params.yaml"


def override(overrides: Sequence[str]) -> None:
    """Write the overrides to params.yaml, all or none; `InputError` when one is wrong.

    With DVC's `hydra.enabled` the whole file is composed anew from `conf/`, as DVC does it.
    """
    if not overrides:
        return
    check(overrides)
    sections = set(read_params(paths.PARAMS))
    try:
        with workspace.all_or_none(paths.PARAMS):
            _write(overrides)
            params = read_params(paths.PARAMS)
            if sections >= set(preflight.sections()):  # other stages have parameters of their own
                preflight.check(params)
    except InputError as error:
        raise InputError(f"overrides: {', '.join(overrides)}: {error}") from None


def check(overrides: Sequence[str]) -> None:
    """`InputError` for the first override that is more than a key and a plain value."""
    groups = _groups()
    for text in overrides:
        key, _, value = text.partition("=")
        if not _KEY.fullmatch(key):
            raise InputError(f"overrides: {text!r}: no such key; allowed: {_ALLOWED}")
        if "${" in value:
            raise InputError(f"overrides: {text!r}: ${{...}} is refused; write the value itself")
        if key.lstrip("+~") in groups and not _NAME.fullmatch(value):
            choices = ", ".join(groups[key.lstrip("+~")])
            raise InputError(f"overrides: {text!r}: must be one of {choices}")
        override = _parsed(text)
        if override.is_sweep_override() or not _is_plain(override.value()):
            raise InputError(f"overrides: {text!r}: must be a number, text, list or mapping")


def _parsed(text: str) -> Override:
    try:
        return OverridesParser.create().parse_override(text)
    except HydraException as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"overrides: {text!r}: {reason}; allowed: {_ALLOWED}") from None


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, (*value.keys(), *value.values())))
    return isinstance(value, QuotedString | str | int | float | None)


def _hydra() -> dict[str, Any] | None:
    """DVC's settings of Hydra; None where it is not enabled."""
    settings: dict[str, Any] = Config.from_cwd().get("hydra", {})
    return settings if settings.get("enabled") else None


def _groups() -> dict[str, list[str]]:
    """The choices of each of Hydra's groups, such as `recipe`."""
    hydra = _hydra()
    folder = Path(hydra.get("config_dir", "conf")) if hydra else None
    folders = [path for path in folder.iterdir() if path.is_dir()] if folder else []
    return {path.name: sorted(file.stem for file in path.glob("*.yaml")) for path in folders}


def _write(overrides: Sequence[str]) -> None:
    hydra = _hydra()
    try:
        if hydra is None:
            apply_overrides(str(paths.PARAMS), list(overrides))
        else:
            _compose(list(overrides), hydra)
    except (DvcException, HydraException, OmegaConfBaseException, OSError) as error:
        raise InputError(str(error.__cause__ or error)) from error


def _compose(overrides: list[str], hydra: dict[str, str]) -> None:
    module = hydra.get("config_module")
    folder = None if module else str(Path(hydra.get("config_dir", "conf")).resolve())
    plugins = str(Path(hydra.get("plugins_path", "")).resolve())
    name = hydra.get("config_name", "config")
    compose_and_dump(str(paths.PARAMS), folder, module, name, plugins, overrides)
