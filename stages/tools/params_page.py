"""Write docs/params.md and the comments of params.yaml from the models of the parameters.

The models hold each parameter's meaning, type and range; conf/base.yaml holds its default. DVC
drops comments when `-S` changes params.yaml: `python -m stages.tools.params_page` brings them back.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from stages.core import paths, preflight
from stages.core.program import InputError, Section, read_params
from stages.core.scratch import atomic_path

PAGE, DEFAULTS = Path("docs/params.md"), Path("conf/base.yaml")
INTRODUCTION = f"""# Parameters

Every key of `params.yaml`, made by `python -m stages.tools.params_page` from the stages' models.
`dvc exp run -S train.epochs=5` changes one, `-S recipe=utkface` all of them, to those of a recipe
in `conf/recipe`. Defaults are in `{DEFAULTS}`; a recipe says what differs.
"""
WIDE = 80  # characters of a list on one line


def main() -> None:
    try:
        params, defaults = read_params(paths.PARAMS), read_params(DEFAULTS)
        preflight.check(params)
    except InputError as error:
        sys.exit(f"params_page: {error}")
    for path, text in ((PAGE, page(defaults)), (paths.PARAMS, commented(params))):
        with atomic_path(path) as draft:
            draft.write_text(text, encoding="utf-8")


def page(defaults: dict[str, Any]) -> str:
    """The page that explains every key: a table for each section, in the order of `defaults`."""
    tables = [INTRODUCTION]
    models = preflight.sections()
    for name in sorted(models, key=[*defaults].index):
        model = models[name]
        rows = list(_rows(model, defaults.get(name, {}), ""))
        head = ["| key | allowed | default | meaning |", "|---|---|---|---|"]
        tables.append("\n".join([f"## {name}", "", str(model.__doc__).partition("\n")[0], "",
                                 *head, *rows, ""]))  # fmt: skip
    return "\n".join(tables)


def _rows(model: type[Section], defaults: dict[str, Any], prefix: str) -> Iterator[str]:
    schema = model.model_json_schema()
    for key, field in model.model_fields.items():
        if inner := _section(field.annotation):
            yield from _rows(inner, defaults.get(key, {}), f"{prefix}{key}.")
            continue
        rule = allowed(schema["properties"][key])
        default = _flow(defaults[key]) if key in defaults else "the recipe's"
        cells = (f"`{prefix}{key}`", rule, f"`{default}`", str(field.description))
        yield f"| {' | '.join(cells)} |"


def allowed(schema: dict[str, Any]) -> str:
    """A parameter's type and range in words, from its JSON schema."""
    if "anyOf" in schema:
        return " or ".join(allowed(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(json.dumps, schema["enum"])).replace('"', "")
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return f"[{', '.join(allowed(each) for each in schema['prefixItems'])}]"
        case "array":
            return f"list of {allowed(schema['items'])}"
        case "object":
            names = schema.get("propertyNames", {})
            keys = allowed(names) if "enum" in names else "name"
            return f"{keys}: {allowed(schema.get('additionalProperties', {}))}"
        case kind:
            words = {"integer": "whole number", "string": "text", "boolean": "true or false"}
            return words.get(str(kind), str(kind or "number")) + _range(schema)


def _range(schema: dict[str, Any]) -> str:
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to",
             "exclusiveMaximum": "below"}  # fmt: skip
    return "".join(f" {word} {schema[key]:g}" for key, word in words.items() if key in schema)


def commented(params: dict[str, Any]) -> str:
    """params.yaml with the same values, and the meaning of each behind it."""
    models = preflight.sections()
    blocks = [
        _block(name, value, models.get(name), "") if name in models else f"{name}: {_flow(value)}\n"
        for name, value in params.items()
    ]
    return "\n".join(blocks)


def _block(name: str, values: dict[str, Any], model: Any, indent: str, meaning: str = "") -> str:
    meaning = meaning or str(model.__doc__).partition("\n")[0]
    lines = [f"{indent}{name}: # {meaning}\n"]
    for key, value in values.items():
        field = model.model_fields[key]
        if inner := _section(field.annotation):
            lines.append(_block(key, value, inner, f"{indent}  ", field.description))
        elif value and (isinstance(value, dict) or len(_flow(value)) > WIDE // 2):
            lines.append(f"{indent}  {key}: # {field.description}\n")
            block = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=WIDE,
                                   default_flow_style=None)  # fmt: skip
            lines += [f"{indent}    {line}\n" for line in block.splitlines()]
        else:
            lines.append(f"{indent}  {key}: {_flow(value)} # {field.description}\n")
    return "".join(lines)


def _section(annotation: Any) -> type[Section] | None:
    """The model, if a field is a section within a section."""
    is_model = isinstance(annotation, type) and issubclass(annotation, Section)
    return annotation if is_model else None


def _flow(value: Any) -> str:
    """A value on one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True,
                          sort_keys=False)  # fmt: skip
    return text.removesuffix("...\n").strip()


if __name__ == "__main__":
    main()
