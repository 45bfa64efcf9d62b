"""From a finished partition to its rows of `IMAGES` and `ATTEMPTS`."""

from typing import Any

from stages.scrape.crawl.answer import Answer
from stages.scrape.crawl.partition_progress import Attempt, Kept, LeftOut, PartitionProgress
from stages.scrape.source import Crawled, Partition, Scrape


def assemble(progress: PartitionProgress, source: str, params: Scrape) -> Crawled:
    """The rows in rank order. Of equal bytes the lowest rank is kept, the others are attempts."""
    crawled = Crawled(progress.partition)
    identity = identity_of(progress.partition)
    ranks: dict[str, int | None] = {}  # image_id -> rank
    for each in progress.tries:
        outcome = each.outcome
        if isinstance(outcome, Kept):
            if outcome.image_id in ranks:
                detail = f"same bytes as rank {ranks[outcome.image_id]}"
                outcome = LeftOut("duplicate", detail)
            else:
                ranks[outcome.image_id] = each.rank
                crawled.images.append(_image(each, outcome, source, identity, params))
        if isinstance(outcome, LeftOut) and outcome.transient:
            crawled.final = False
        crawled.attempts.append(_attempt(each, outcome, source, identity))
    return crawled


def identity_of(partition: Partition) -> str | None:
    """Who is on the partition's pictures; None when its list does not say."""
    if partition.celebrity:
        return partition.celebrity.identity
    identity: str | None = partition.fingerprint.get("identity")
    return identity


def _image(
    each: Attempt, kept: Kept, source: str, identity: str | None, params: Scrape
) -> dict[str, Any]:
    body = Answer.from_bytes(kept.entry.read_bytes()).body
    picture, tile = kept.picture, each.tile
    licence = None if params.licence == "any" else params.licence
    return {
        "image_id": kept.image_id,
        "source": source,
        "identity": identity,
        "url": tile.url,
        "page_url": tile.page_url,
        "fetched_at": kept.fetched_at,
        "licence": tile.licence or licence,
        "phash": picture.phash,
        "width": picture.width,
        "height": picture.height,
        "metadata": _metadata(each, kept),
        "image": {"bytes": body, "path": f"{kept.image_id}.{picture.format}"},
    }


def _metadata(each: Attempt, kept: Kept) -> list[tuple[str, str]]:
    found = kept.picture.metadata | each.tile.metadata
    if each.tile.title:
        found["title"] = each.tile.title
    if found.get("taken", "") > kept.fetched_at.date().isoformat():
        del found["taken"]  # a camera whose clock is ahead
    return sorted(found.items())


def _attempt(
    each: Attempt, outcome: Kept | LeftOut | None, source: str, identity: str | None
) -> dict[str, Any]:
    if outcome is None:
        raise RuntimeError(f"{each.tile.url} was never tried")
    reason, detail = None, None
    if isinstance(outcome, LeftOut):
        reason, detail = outcome.reason, outcome.detail
    known = each.outcome.image_id if isinstance(each.outcome, Kept) else None
    return {
        "source": source,
        "identity": identity,
        "rank": each.rank,
        "url": each.tile.url,
        "page_url": each.tile.page_url,
        "image_id": known,
        "reason": reason,
        "detail": detail,
    }
