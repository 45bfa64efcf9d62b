"""What every stage shares: arguments, parameters, logging, and errors a user can act on."""

import argparse
import errno
import inspect
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

PARAMS_FILE = Path("params.yaml")
Params = TypeVar("Params", bound="Section")


class InputError(Exception):
    """Something the user gave is wrong. One line says what, its value and what is allowed."""


class Section(BaseModel):
    """A stage's section of `params.yaml`: every key is named, none is unknown, none changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_params(path: Path) -> dict[str, Any]:
    """The whole of `params.yaml` as a mapping; `InputError` when it cannot be read as one."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the project's folder") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping of stage names to their parameters")
    return content


def lookup(params: dict[str, Any], key: str) -> Any:
    """The value at a dotted key, as `dvc exp run -S` writes it."""
    value: Any = params
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            raise InputError(f"params.yaml: {key} is missing")
        value = value[part]
    return value


def section(model: type[Params], params: dict[str, Any], name: str) -> Params:
    """Check one section and return it typed; `InputError` names the first key that is wrong."""
    given = lookup(params, name)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InputError(_explain(error, model, name)) from None


def _explain(error: ValidationError, model: type[Section], name: str) -> str:
    errors = error.errors(include_url=False)
    # A misspelt key is also a missing one: say what was written.
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    key = ".".join([name, *map(str, first["loc"])])
    if first["type"] == "missing":
        return f"params.yaml: {key} is missing"
    if first["type"] == "extra_forbidden":
        allowed = ", ".join(sorted(model.model_fields))
        return f"params.yaml: {key} is not a parameter of {name}; allowed: {allowed}"
    message = first["msg"].removeprefix("Value error, ")
    return f"params.yaml: {key} = {first['input']!r}: {message}"


def run(main: Callable[..., None], **borrowed: str) -> None:
    """Run a stage as a program: `python -m stages.<name> <argument> ...`.

    `main`'s `Path` and `str` parameters become positional arguments. Its `params` is filled from
    the section of `params.yaml` named as the stage. `borrowed` maps further parameters of `main`
    to dotted keys of other sections (`sources="scrape.sources"`).
    """
    name = _name_of(Path(inspect.getfile(main)))
    logging.basicConfig(level=logging.INFO, format=f"{name}: %(message)s", stream=sys.stderr)
    try:
        main(**_arguments(main, name, borrowed))
    except InputError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(f"{name}: no space left on the disk ({error.filename or 'writing outputs'})")


def _name_of(file: Path) -> str:
    """A program's name: its folder's, for `python -m` runs the folder's `__main__.py`."""
    return file.parent.name if file.stem == "__main__" else file.stem


def _arguments(main: Callable[..., None], name: str, borrowed: dict[str, str]) -> dict[str, Any]:
    hints = get_type_hints(main)
    module = sys.modules[main.__module__]
    spelled = module.__spec__.name.removesuffix(".__main__") if module.__spec__ else name
    parser = argparse.ArgumentParser(prog=f"python -m {spelled}", description=module.__doc__)
    for parameter, kind in hints.items():
        if kind in (Path, str) and parameter not in borrowed:
            parser.add_argument(parameter, type=kind)
    arguments = vars(parser.parse_args())
    params = read_params(PARAMS_FILE)
    if "params" in hints:
        arguments["params"] = section(hints["params"], params, name)
    return arguments | {parameter: lookup(params, key) for parameter, key in borrowed.items()}
