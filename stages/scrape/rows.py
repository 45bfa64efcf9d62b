"""Rows of `IMAGES` and `ATTEMPTS`: the one place that fills their columns, for every source.

Addresses stand in them without credentials.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from stages.core.credentials import cut, cut_within
from stages.pictures.inspection import Picture

Row = dict[str, Any]


def image_row(
    picture: Picture,
    body: bytes,
    *,
    image_id: str,
    source: str,
    identity: str | None,
    url: str,
    metadata: Mapping[str, str],
    page_url: str | None = None,
    fetched_at: datetime.datetime | None = None,
    licence: str | None = None,
) -> Row:
    """A picture's row of `IMAGES`.

    body: the file as it was fetched, of which `image_id` is the SHA-256 in hex.
    metadata: labels and what the picture says of itself, by name.
    fetched_at: None for a file: when it was copied here says nothing, and differs everywhere.
    """
    return {
        "image_id": image_id,
        "source": source,
        "identity": identity,
        "url": cut(url),
        "page_url": page_url and cut(page_url),
        "fetched_at": fetched_at,
        "licence": licence,
        "phash": picture.phash,
        "width": picture.width,
        "height": picture.height,
        "metadata": sorted((name, cut_within(text)) for name, text in metadata.items()),
        "image": {"bytes": body, "path": f"{image_id}.{picture.format}"},
    }


def attempt_row(
    *,
    source: str,
    identity: str | None,
    rank: int | None,
    url: str,
    page_url: str | None = None,
    image_id: str | None = None,
    reason: str | None = None,
    detail: str | None = None,
) -> Row:
    """The row of `ATTEMPTS` of one URL or file; without a reason its picture was kept.

    rank: the place among what the source offers, from 1; None for a result page.
    image_id: of a picture that was kept, or that equals one.
    """
    return {
        "source": source,
        "identity": identity,
        "rank": rank,
        "url": cut(url),
        "page_url": page_url and cut(page_url),
        "image_id": image_id,
        "reason": reason,
        "detail": detail,
    }
