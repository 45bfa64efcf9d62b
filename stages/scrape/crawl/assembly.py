"""From a finished partition to its rows of `IMAGES` and `ATTEMPTS`."""

from stages.scrape.crawl.answer import Answer
from stages.scrape.crawl.partition_progress import Attempt, Kept, LeftOut, PartitionProgress
from stages.scrape.params import Params
from stages.scrape.rows import Row, attempt_row, image_row
from stages.scrape.source import Crawled, Partition


def assemble(progress: PartitionProgress, source: str, params: Params) -> Crawled:
    """The rows in rank order. Of equal bytes the lowest rank is kept, the others are attempts."""
    crawled = Crawled(progress.partition)
    identity = identity_of(progress.partition)
    ranks: dict[str, int | None] = {}  # image_id -> rank
    for attempt in progress.attempts:
        outcome = attempt.outcome
        if isinstance(outcome, Kept):
            if outcome.image_id in ranks:
                detail = f"same bytes as rank {ranks[outcome.image_id]}"
                outcome = LeftOut("duplicate", detail)
            else:
                ranks[outcome.image_id] = attempt.rank
                crawled.images.append(_image(attempt, outcome, source, identity, params))
        if isinstance(outcome, LeftOut) and outcome.transient:
            crawled.final = False
        crawled.attempts.append(_attempt(attempt, outcome, source, identity))
    return crawled


def identity_of(partition: Partition) -> str | None:
    """Who is on the partition's pictures; None when its list does not say."""
    if partition.celebrity:
        return partition.celebrity.identity
    identity: str | None = partition.fingerprint.get("identity")
    return identity


def _image(attempt: Attempt, kept: Kept, source: str, identity: str | None, params: Params) -> Row:
    result = attempt.result
    licence = None if params.licence == "any" else params.licence
    return image_row(
        kept.picture,
        Answer.from_bytes(kept.entry.read_bytes()).body,
        image_id=kept.image_id,
        source=source,
        identity=identity,
        url=result.url,
        page_url=result.page_url,
        fetched_at=kept.fetched_at,
        licence=result.licence or licence,
        metadata=_metadata(attempt, kept),
    )


def _metadata(attempt: Attempt, kept: Kept) -> dict[str, str]:
    metadata = kept.picture.metadata | attempt.result.metadata
    if attempt.result.title:
        metadata["title"] = attempt.result.title
    if metadata.get("taken", "") > kept.fetched_at.date().isoformat():
        del metadata["taken"]  # a camera whose clock is ahead
    return metadata


def _attempt(
    attempt: Attempt, outcome: Kept | LeftOut | None, source: str, identity: str | None
) -> Row:
    if outcome is None:
        raise RuntimeError(f"{attempt.result.url} was never tried")
    reason, detail = None, None
    if isinstance(outcome, LeftOut):
        reason, detail = outcome.reason, outcome.detail
    return attempt_row(
        source=source,
        identity=identity,
        rank=attempt.rank,
        url=attempt.result.url,
        page_url=attempt.result.page_url,
        image_id=attempt.outcome.image_id if isinstance(attempt.outcome, Kept) else None,
        reason=reason,
        detail=detail,
    )
