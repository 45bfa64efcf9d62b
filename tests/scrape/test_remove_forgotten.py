"""What is forgotten leaves a partition, from whatever source."""

import hashlib
from typing import Any

from stages.forget import forgotten as lists
from stages.scrape.remove_forgotten import remove_forgotten
from stages.scrape.source import Crawled, Partition

ID = {number: hashlib.sha256(bytes([number])).hexdigest() for number in range(5)}


def image(number: int, **more: Any) -> dict[str, Any]:
    url = f"file:{number}.jpg"
    return {"identity": "bo", "url": url, "image_id": ID[number], "metadata": []} | more


def attempt(number: int, **more: Any) -> dict[str, Any]:
    url = f"file:{number}.jpg"
    row = {"source": "folder", "identity": "bo", "rank": number, "url": url}
    return row | {"image_id": ID[number], "reason": None, "detail": None} | more


def test_rows_go_by_picture_by_identity_and_by_what_a_picture_says_of_itself() -> None:
    crawled = Crawled(
        Partition("part-0", {}),
        [
            image(0),
            image(1),
            image(2, identity="ada-lorne"),
            image(3, metadata=[("title", "With Ada Lorne")]),
        ],
        [
            attempt(0),
            attempt(1),
            attempt(2, identity="ada-lorne"),
            attempt(3),
            attempt(4, reason="duplicate", detail="same bytes as ada-lorne/1.jpg"),
        ],
    )
    left = remove_forgotten(crawled, lists.of(["Ada Lorne"], images=[ID[1]]))
    assert left.images == [image(0)]
    assert left.attempts == [
        attempt(0),
        {"source": "folder", "identity": "bo", "rank": 1, "reason": "forgotten"},
        {"source": "folder", "identity": None, "rank": 2, "reason": "forgotten"},
        {"source": "folder", "identity": "bo", "rank": 3, "reason": "forgotten"},
        {"source": "folder", "identity": "bo", "rank": 4, "reason": "forgotten"},
    ]
    assert left.final


def test_an_empty_list_changes_nothing() -> None:
    crawled = Crawled(Partition("part-0", {}), [image(0)], [attempt(0)])
    assert remove_forgotten(crawled, lists.of()) is crawled
