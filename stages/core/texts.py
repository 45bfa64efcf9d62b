"""Texts that a source or a list says of a picture or a person, by name, bounded.

Which of them is a label is not known here: the stage `label` picks what it knows, so that a new
label finds its values in what was fetched before.
"""

import re
import unicodedata
from collections.abc import Iterable

MOST_TEXTS = 64  # of one picture or person; CelebA says 42 of a picture
TEXT_LIMIT = 200  # characters
# Said by the picture's own file, or of the person; what has neither prefix is said of the picture.
KEYWORD, PERSON = "faceline:", "person:"
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")


def tidy(text: object, limit: int = TEXT_LIMIT) -> str:
    """The printable part of a text, at most `limit` characters; empty when it is no text."""
    if not isinstance(text, str):
        return ""
    kept = "".join(char if char.isprintable() else " " for char in text[: 4 * limit])
    return " ".join(kept.split())[:limit].strip()


def composed(text: str) -> str:
    """The normal form of a name, path or cell (Unicode NFC), in which it is compared with others.

    macOS writes names of files decomposed, people and spreadsheets write composed letters.
    """
    return unicodedata.normalize("NFC", text)


def escaped(name: str) -> str:
    """A file's name as text of one line, for tables and messages.

    What is not printable is written as the `%XX` of its bytes, as are bytes that are not UTF-8;
    `%` itself is `%25`, so that two names never become one.
    """
    return "".join(char if char.isprintable() and char != "%" else _bytes(char) for char in name)


def _bytes(char: str) -> str:
    undecoded = "\udc80" <= char <= "\udcff"  # a byte, as Python holds it in a file's name
    content = char.encode(errors="surrogateescape" if undecoded else "surrogatepass")
    return "".join(f"%{byte:02X}" for byte in content)


def bounded(texts: Iterable[tuple[str, object]], prefix: str = "") -> dict[str, str]:
    """The first `MOST_TEXTS` that have a plain name and say anything; of equal names the last.

    A plain name is of a-z, 0-9 and _, 40 at most. prefix: put before every name.
    """
    kept: dict[str, str] = {}
    for name, text in texts:
        tidied = composed(tidy(text))[:TEXT_LIMIT]
        if tidied and NAME.fullmatch(name) and (len(kept) < MOST_TEXTS or prefix + name in kept):
            kept[prefix + name] = tidied
    return kept
