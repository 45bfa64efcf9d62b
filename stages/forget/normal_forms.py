"""Which writings of a name or an address are the same: their normal forms, and where they stand.

A name: without the escapes of URLs, HTML and JSON, without accents, in lower case, its words with
one blank between them, so that `ada-lorne`, `Ada Lorne` and `Ada%20LORNE` are one name. A name in
a script that sets no blanks between words, or adds particles to them, has none at all: `김 태희`
is `김태희`. An address: without scheme, user, secrets, port of the scheme and fragment, its host in
lower case, unescaped.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from stages.core import credentials

CELL = "\0"  # between texts that have nothing to do with each other
MAX_WORDS = 8  # of a name that is found within a longer text
IMAGE_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# Signs such as the vowels of Hindi and Thai belong to a word, though Python's \w lacks them.
_MARKS = "".join(chr(code) for code in range(0x300, 0x10000)
                 if unicodedata.category(chr(code)) in ("Mn", "Mc"))  # fmt: skip
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
EDGE = r"[/?&=#\"'<>(){}\[\],;:.|\t\r\n\0]"  # what a single word stands between
_PIECES = re.compile(f"{EDGE}+")
_URL = re.compile(r"(?:https?://|file:)[^\s\"'<>\\\0]+", re.IGNORECASE)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")

HANGUL = r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
# Han, kana, Thai, Lao, Burmese, Khmer: no blanks between words.
UNSPACED = (
    r"\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U000323af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
GAP = r"[^\w\0\n]|_"  # what may stand within a name
_JOINED = re.compile(rf"[{HANGUL}{UNSPACED}]+")
_PHRASE = re.compile(rf"{_JOINED.pattern}(?:(?:{GAP}){{1,2}}{_JOINED.pattern})*")
_HANGUL_WORD = re.compile(rf"[{HANGUL}]+")
MAX_JOINED = 16  # characters of such a name
# Two syllables are too often a part of another word: after them only one of these may follow.
PARTICLES = (
    "이", "가", "은", "는", "을", "를", "의", "에", "와", "과", "도", "만", "로", "으로", "에게",
    "에서", "께", "께서", "씨", "님", "양", "군", "이랑", "랑", "하고", "한테", "처럼", "까지",
)  # fmt: skip


def plain(text: str) -> str:
    """The text without the escapes of JSON, HTML and URLs."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text).replace("\\/", "/")
    return unquote(html.unescape(text))


def fold(text: str) -> str:
    """The text in lower case and without accents."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in letters if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare.casefold())


def name(text: str) -> str:
    """The normal form of a name; empty when it has no word."""
    words = _WORD.findall(fold(plain(text)))
    return ("" if all(map(is_joined, words)) else " ").join(words)


def is_joined(word: str) -> bool:
    """Whether a word is of a script whose names have no blanks."""
    return bool(_JOINED.fullmatch(word))


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

    Two words and more may stand anywhere. One word must stand alone, as between two slashes,
    numbers beside it or not: as a part of a sentence it is more often a word than a name. In
    scripts without blanks a name may stand anywhere.
    """
    for cell in fold(plain(text)).split(CELL):
        words = _WORD.findall(cell)
        for start in range(len(words)):
            for end in range(start + 2, min(start + MAX_WORDS, len(words)) + 1):
                yield " ".join(words[start:end])
        for piece in _PIECES.split(cell):
            alone = _WORD.findall(piece)
            yield " ".join(alone)
            yield " ".join(word for word in alone if not word.isdecimal())
        for phrase in _PHRASE.finditer(cell):
            yield from _joined_names(_JOINED.findall(phrase[0]))


def _joined_names(words: list[str]) -> Iterator[str]:
    """All parts of the words, also those that go on in the next two, as if no gap were there."""
    for place, word in enumerate(words):
        text = "".join(words[place : place + 3])
        if _is_name_of_two(words[place : place + 2]):
            yield text[:2]
        shortest = 3 if _HANGUL_WORD.fullmatch(word) else 2
        for start in range(len(word)):
            for end in range(start + shortest, min(start + MAX_JOINED, len(text)) + 1):
                yield text[start:end]


def _is_name_of_two(words: list[str]) -> bool:
    """Whether a phrase begins with two syllables that no part of the same word follows."""
    together = words[0] if len(words[0]) > 1 else "".join(words)
    return together[2:] in ("", *PARTICLES)


def addresses_in(text: str) -> Iterator[str]:
    """The normal form of every address in a text; a text that is one may hold blanks."""
    for written in (text, plain(text)):
        found = {*written.split(CELL), *_URL.findall(written)}
        yield from (address(url) for url in found if ":" in url)
