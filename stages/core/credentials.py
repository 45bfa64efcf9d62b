"""Credentials in addresses are cut out before they are written; only requests may use them."""

import re
from urllib.parse import quote, unquote, urlsplit

REDACTED = "REDACTED"
# Ends of a parameter's name, in lower case and without punctuation: `X-Amz-Security-Token`,
# `api_key` and `AWSAccessKeyId` are all meant.
_SECRET = re.compile(
    r"(?:token|signature|secret|password|passwd|passphrase|apikey|accesskey|accesskeyid|accessid"
    r"|credentials?|auth|authorization|authkey|sessionid|sessid|jwt|hmac)$"
)
# Names that say so only when they stand alone. `oh` signs addresses of Facebook's pictures,
# `hdnts` and `hdnea` Akamai's, `sig` those of Azure.
_SECRET_ALONE = frozenset(
    (
        *("key", "sig", "sign", "pass", "pwd", "pw", "sid", "session", "bearer", "otp", "pin"),
        *("hdnts", "hdnea", "gda", "oh"),
    )
)
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*")  # JSON Web Token
_USER = re.compile(r"((?:^|:)[/\\]{2})[^/\\?#\s]*@")
_PATH_PARAMETER = re.compile(r"(;[^;=/?#]+=)([^;/?#]*)")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
# The same in a page, which may escape it as HTML, JSON or within another address.
_ESCAPED_NAME = re.compile(
    r"(?:[?&;#]|u0026|u003f|%3f|%26|%23)([\w.%\[\]-]{2,40}?)(?:=|u003d|%3d)", re.IGNORECASE
)
_ESCAPED_USER = re.compile(r"(?://|\\/|%2f)[^/?#\s\"'<>\\]*(?:@|%40|u0040)", re.IGNORECASE)
_DEPTH = 3  # addresses within the parameters of addresses


def cut(url: str, depth: int = _DEPTH) -> str:
    """The address without user and password, with `REDACTED` for what its query keeps secret.

    What a secret is, a parameter's name tells (`token`, `sig`, `api_key`, ...) or its form (a JSON
    Web Token); in the fragment, behind a `;` of the path and in an address inside the query too.
    A file's name and an address without secrets stay as they are, as does what was cut before.
    """
    if url.startswith("file:"):
        return url
    url = _without_user(url)
    place, mark, fragment = url.partition("#")
    path, question, query = place.partition("?")
    path = _PATH_PARAMETER.sub(lambda part: part[1] + _value(part[1], part[2], 0), path)
    cut_parts = path + question + _parameters(query, depth) + mark + _parameters(fragment, depth)
    return _JWT.sub(REDACTED, cut_parts)


def cut_within(text: str) -> str:
    """The text with the credentials cut out of each address in it."""
    return _ADDRESS.sub(lambda address: cut(address[0]), text) if "://" in text else text


def may_stand_in(page: str) -> bool:
    """Whether an address on a page, however it is escaped there, may hold credentials."""
    names = (match[1] for match in _ESCAPED_NAME.finditer(page))
    return "eyJ" in page or bool(_ESCAPED_USER.search(page)) or any(map(is_secret, names))


def is_secret(name: str) -> bool:
    """Whether a parameter of this name holds a secret."""
    plain = re.sub(r"[^a-z0-9]", "", unquote(name).lower())
    return plain in _SECRET_ALONE or bool(_SECRET.search(plain))


def _without_user(url: str) -> str:
    try:
        _ = urlsplit(url).port
    except ValueError:  # as for a password with a slash in it
        scheme, mark, rest = url.partition("//")
        return scheme + mark + rest.rpartition("@")[2]
    return _USER.sub(r"\1", url)


def _parameters(text: str, depth: int) -> str:
    pieces = re.split("([&;])", text)
    return "".join(piece if piece in "&;" else _parameter(piece, depth) for piece in pieces)


def _parameter(text: str, depth: int) -> str:
    name, equals, value = text.partition("=")
    return f"{name}={_value(name, value, depth)}" if equals else _value("", name, depth)


def _value(name: str, value: str, depth: int) -> str:
    if value and is_secret(name):
        return REDACTED
    inner = unquote(value)
    if depth and ("//" in inner or "?" in inner) and cut(inner, depth - 1) != inner:
        shown = cut(inner, depth - 1)
        return shown if inner == value else quote(shown, safe="")
    return value
