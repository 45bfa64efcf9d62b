"""The kinds of hits that the drawn site shows, and what the scraper must make of each."""

from collections.abc import Mapping
from types import MappingProxyType

# Forms of a class's good pictures, by shot index; the shots after these are plain portraits.
FORMS = ("portrait", "portrait", "webp", "png", "grey", "cmyk", "rotated", "moved")
# In every class; all but the last are kept. `duplicate` repeats shot 0, `near_duplicate` shot 1.
ALWAYS = ("two_faces", "no_face", "namesake", "near_duplicate", "duplicate")
# Kind: the reason the scraper must give, or None where it must keep the picture.
QUICK: Mapping[str, str | None] = MappingProxyType({
    "truncated": "truncated",
    "page": "not_an_image",
    "missing": "not_found",
    "forbidden": "forbidden",
    "paywalled": "http_error",
    "opted_out": "opted_out",
    "disallowed": "robots_disallowed",
    "empty": "empty_body",
    "tiny": "too_small",
    "huge_canvas": "too_many_pixels",
    "private_address": "blocked_address",
    "own_address": "blocked_address",
    "loop": "redirect_loop",
    "bomb": "compressed_body",
})  # fmt: skip
SLOW: Mapping[str, str | None] = MappingProxyType({  # in time: waits and repeated tries
    "later": None,
    "busy": None,
    "broken": "server_error",
    "dropped": "connection_error",
    "drip": "timeout",
    "oversized": "too_large",
    "endless": "too_large",
})  # fmt: skip

REASONS: Mapping[str, str | None] = MappingProxyType({**QUICK, **SLOW, "duplicate": "duplicate"})
