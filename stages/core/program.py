"""Parameters, read and checked, and errors that a user can act on."""

import reprlib
import unicodedata
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

MAX_BYTES = 1_000_000  # of params.yaml
MAX_DEPTH = 8  # of lists and mappings in each other
MAX_NUMBER = 2**53  # beyond it, a float no longer counts one by one
MAX_SHOWN = 300  # characters of a value, or of PyYAML's words, in a message
MAX_MESSAGE = 2000  # characters; most messages are below 200
MAX_TEXT = 4096  # characters, as the longest path
Params = TypeVar("Params", bound="Section")

# PyYAML raises what int(), float(), datetime and dict raise for a value such as `!!int abc`.
_YAML_ERRORS = (
    yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
    RecursionError,
)  # fmt: skip
_short = reprlib.Repr()
_short.maxstring, _short.maxother, _short.maxlist, _short.maxlevel = 100, 60, 8, 3


class InputError(Exception):
    """Something the user wrote is wrong: where, the value, and what is allowed.

    The message is one line that a terminal may show, whatever the value holds.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_shortened(one_line(message)))


def _shortened(text: str) -> str:
    """A message whose value is too long to show keeps its beginning and its end."""
    half = MAX_MESSAGE // 2
    return text if len(text) <= MAX_MESSAGE else f"{text[:half]} … {text[-half:]}"


def one_line(text: str) -> str:
    """A text with spaces for line ends, and `?` for what a terminal could obey or not show."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "?" for char in text)


class Section(BaseModel):
    """A section of `params.yaml`: every key is named, none is unknown, none changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def read_params(path: Path) -> dict[str, Any]:
    """The whole of `params.yaml`; `InputError` unless it is a mapping of plain, bounded values."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the project's folder") from None
    if len(text) > MAX_BYTES:
        raise InputError(f"{path}: is larger than {MAX_BYTES} bytes")
    try:
        content = yaml.safe_load(text.decode("utf-8"))
    except _YAML_ERRORS as error:
        reason = " ".join(str(error).split())[:MAX_SHOWN] or type(error).__name__
        raise InputError(f"{path}: not valid YAML: {reason}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping of stage names to their parameters")
    try:
        _check_plain("", content, set())
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    return content


def _check_plain(key: str, value: Any, seen: set[int], depth: int = 0) -> None:
    """ValueError for a value that is no plain number, text, list or mapping, or out of bounds.

    seen: the lists and mappings checked so far; by aliases, a few can stand for millions.
    """
    if isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise ValueError(f"{key[:MAX_SHOWN]}: nested deeper than {MAX_DEPTH} levels")
        if id(value) not in seen:
            seen.add(id(value))
            for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
                _check_plain(f"{key} has a key", name, seen, depth + 1)
                _check_plain(f"{key}.{name}" if key else str(name), inner, seen, depth + 1)
    elif isinstance(value, str):
        if len(value) > MAX_TEXT or any(unicodedata.category(c) in ("Cc", "Cs") for c in value):
            allowed = f"at most {MAX_TEXT} characters, none of them a control character"
            raise ValueError(f"{key} = {shown(value)}: {allowed}")
    elif isinstance(value, int | float) and abs(value) > MAX_NUMBER:
        raise ValueError(f"{key} = {shown(value)}: must be from -2^53 to 2^53")
    elif not isinstance(value, int | float | None):
        raise ValueError(f"{key} = {shown(value)}: must be a number, text, list or mapping")


def shown(value: Any) -> str:
    """A value as Python writes it, cut short."""
    try:
        return _short.repr(value)[:MAX_SHOWN]
    except ValueError:  # an integer of thousands of digits
        return f"a {type(value).__name__} too long to show"


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
    value = lookup(params, name)
    try:
        return model.model_validate(value)
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
        allowed = ", ".join(sorted(_fields(model, first["loc"][:-1])))
        parent = key.rpartition(".")[0]
        return f"params.yaml: {key} is not a parameter of {parent}; allowed: {allowed}"
    message = first["msg"].removeprefix("Value error, ")
    return f"params.yaml: {key} = {shown(first['input'])}: {message}"


def _fields(model: type[Section], path: tuple[int | str, ...]) -> list[str]:
    """The keys of a section, or of a section within it."""
    for name in path:
        inner = model.model_fields[str(name)].annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            model = inner
    return list(model.model_fields)
