"""Which writings of a name or an address are the same: their normal forms, and where they stand.

A name: without the escapes of URLs, HTML and JSON, without accents, in lower case, its words with
one space between them. So `ada-lorne`, `Ada Lorne` and `Ada%20LORNE` are one name. An address:
without scheme, user, secrets, port of the scheme and fragment, its host in lower case, unescaped.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from stages.core import credentials

CELL = "\0"  # between texts that have nothing to do with each other
MOST = 8  # words of a name that is found within a longer text
IMAGE_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_WORD = re.compile(r"[^\W_]+")
EDGE = r"[/?&=#\"'<>(){}\[\],;:.|\t\r\n\0]"  # what a single word stands between
_PIECES = re.compile(f"{EDGE}+")
_URL = re.compile(r"(?:https?://|file:)[^\s\"'<>\\\0]+", re.IGNORECASE)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def plain(text: str) -> str:
    """The text without the escapes of JSON, HTML and URLs."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")
    return unquote(html.unescape(text))


def fold(text: str) -> str:
    """The text in lower case and without accents."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text)
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold()


def name(text: str) -> str:
    """The normal form of a name; empty when it has no word."""
    return " ".join(_WORD.findall(fold(plain(text))))


def address(url: str) -> str:
    """The normal form of an address, in which credentials do not count; other text stays."""
    return address_as_written(credentials.cut(url.strip()))


def address_as_written(url: str) -> str:
    """The normal form with the secrets that the address's query holds."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url
    if parts.scheme not in ("http", "https") or not host:
        return unquote(url)
    shown = "" if port in (None, 80, 443) else f":{port}"
    query = f"?{unquote(parts.query)}" if parts.query else ""
    return f"{host}{shown}{unquote(parts.path) or '/'}{query}"


def names_in(text: str) -> Iterator[str]:
    """The normal form of all that may be a name in a text.

    Two words and more may stand anywhere. One word must stand alone, as between two slashes:
    as a part of a sentence it is more often a word than a name.
    """
    for cell in fold(plain(text)).split(CELL):
        words = _WORD.findall(cell)
        for start in range(len(words)):
            for end in range(start + 2, min(start + MOST, len(words)) + 1):
                yield " ".join(words[start:end])
        yield from (" ".join(_WORD.findall(piece)) for piece in _PIECES.split(cell))


def addresses_in(text: str) -> Iterator[str]:
    """The normal form of every address in a text; a text that is one may hold blanks."""
    for written in (text, plain(text)):
        found = {*written.split(CELL), *_URL.findall(written)}
        yield from (address(url) for url in found if ":" in url)
