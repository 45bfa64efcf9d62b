"""Random numbers that follow from names, the same in every process."""

import hashlib
import random


def seeded_random(*parts: object) -> random.Random:
    """A generator that depends on the parts alone."""
    text = "\x1f".join(map(str, parts))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
