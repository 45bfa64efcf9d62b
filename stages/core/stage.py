"""Run a stage as a program: its arguments, its parameters, and errors as one line.

No value of params.yaml passes through a shell. Where dvc.yaml makes a stage of each source or
model, its command says `--for "$DVC_STAGE"`, as DVC names the stage in the environment
(`scrape@demo`). `{}` in other arguments then stands for the member's name, and
`{scrape.sources}` for its value in that mapping of params.yaml.
"""

import argparse
import errno
import inspect
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

from stages.core import lifetime, paths, preflight
from stages.core.program import InputError, lookup, read_params, section

_MEMBER = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VALUE = re.compile(r"\{([a-z_.]+)\}")
_HINTS = {
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "no such file; `dvc pull` gets what others made, `dvc repro` makes it",
}
Main = Callable[..., None]


def run(main: Main, **keys: str) -> None:
    """Call `main` as `python -m stages.<name> ARGUMENT ...`; every mistake is one line, exit 1.

    `main`'s `Path` and `str` parameters are the arguments, in order; its `params` is the stage's
    section of params.yaml, checked. Further parameters are named with the key of params.yaml that
    they are, as in `run(main, sources="scrape.sources")`.
    """
    name = _name_of(Path(inspect.getfile(main)))
    logging.basicConfig(level=logging.INFO, format=f"{name}: %(message)s", stream=sys.stderr)
    lifetime.end_with_dvc()
    try:
        main(**_arguments(main, name, keys))
    except InputError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno is None:
            raise
        sys.exit(f"{name}: {explain(error)}")


def explain(error: OSError) -> str:
    """What the system refused, in one line: the file, why, and what to do."""
    reason = _HINTS.get(error.errno or 0) or os.strerror(error.errno or 0).lower()
    return f"{error.filename or 'writing outputs'}: {reason}"


def _name_of(file: Path) -> str:
    """A program's name: its folder's where the file is a `__main__.py`."""
    return file.parent.name if file.stem == "__main__" else file.stem


def _arguments(main: Main, name: str, keys: Mapping[str, str]) -> dict[str, Any]:
    hints = get_type_hints(main)
    kinds = {word: kind for word, kind in hints.items() if kind in (Path, str) and word not in keys}
    texts = _parse(sys.modules[main.__module__], name, list(kinds))
    member = texts.pop("for")
    if not (member or keys or "params" in hints):  # a program that obeys no parameter
        return {word: kind(texts[word]) for word, kind in kinds.items()}
    params = read_params(paths.PARAMS)
    preflight.check(params)
    preflight.check_catalogue(paths.CATALOGUE)
    if member:
        texts = {word: filled(text, member, params) for word, text in texts.items()}
    arguments: dict[str, Any] = {word: kind(texts[word]) for word, kind in kinds.items()}
    if "params" in hints:
        arguments["params"] = section(hints["params"], params, name)
    return arguments | {word: lookup(params, key) for word, key in keys.items()}


def _parse(module: Any, name: str, words: list[str]) -> dict[str, str]:
    program = module.__spec__.name.removesuffix(".__main__") if module.__spec__ else name
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=module.__doc__)
    parser.add_argument("--for", default="", metavar="MEMBER", help="fills in {} and {section.key}")
    for word in words:
        parser.add_argument(word)
    return vars(parser.parse_args())


def filled(text: str, member: str, params: dict[str, Any]) -> str:
    """An argument with the member's name, or its value in params.yaml, filled in.

    member: a source or model, or a stage of DVC named after it (`train@compact`).
    """
    name = member.rpartition("@")[2]
    if not _MEMBER.fullmatch(name):
        raise InputError(f"params.yaml: {name!r} names no source or model: a-z, 0-9 and _ only")
    if value := _VALUE.fullmatch(text):
        return str(Path(str(lookup(params, f"{value[1]}.{name}"))).expanduser())
    return text.replace("{}", name)
