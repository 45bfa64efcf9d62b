"""What `scrape` and its sources agree on.

A partition is the unit of work, of memory, of Parquet file and of distribution. A source is a
module in `stages/scrape/sources` with two functions, found by its name in `scrape.sources`:

    plan(given: Path, params: Scrape) -> list[Partition]
    crawl(partitions: list[Partition], given: Path, params: Scrape, store: Store)
        -> Iterator[Crawled]

`given` is what `scrape.sources` names behind the source: the catalogue, a list, a folder. `plan`
is quick and asks the network nothing; `crawl` yields each partition as it is finished, in any
order, and gets only those whose result is not in the store.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from stages.core.catalogue import Celebrity
from stages.core.program import Section

Licence = Literal[
    "any",
    "publicdomain",
    "creativecommons",
    "commercial",
    "commercial,modify",
    "noncommercial",
    "noncommercial,modify",
]


class Scrape(Section):
    """The `scrape` section of `params.yaml`."""

    sources: dict[str, str] = Field(min_length=1)
    max_results: int = Field(ge=1, le=1000)  # search results looked at per class
    min_pictures: int = Field(ge=0)  # a class that got fewer fails
    licence: Licence
    min_picture_side: int = Field(ge=1)  # pixels
    max_pixels: int = Field(ge=1)
    max_bytes: int = Field(ge=1)
    download_timeout: float = Field(gt=0)  # seconds for one picture, all of it
    max_attempts: int = Field(ge=1, le=10)  # of an answer that says "later"
    request_interval: float = Field(ge=0)  # seconds between two requests to one host
    threads: int = Field(ge=1, le=64)
    contact: str  # goes into the agent string
    files_per_partition: int = Field(ge=1)  # of a folder
    site: str | None  # a folder of pictures for source demo to serve instead of drawn people
    _crawls: int = PrivateAttr(default=1)

    @property
    def crawls(self) -> int:
        """How many crawls ask the same hosts at once: each keeps so many times every gap."""
        return self._crawls

    def shared_by(self, crawls: int) -> "Scrape":
        """The parameters of one of several crawls at once."""
        shared = self.model_copy()
        shared._crawls = crawls
        return shared


# What a partition's rows depend on; the other parameters only change how they are fetched.
SHAPING = ("max_results", "licence", "min_picture_side", "max_pixels", "max_bytes")


@dataclass(frozen=True)
class Partition:
    """`name` is its file's name; `fingerprint` is all that its rows depend on beside `SHAPING`."""

    name: str
    fingerprint: Mapping[str, Any]
    celebrity: Celebrity | None = None  # a search source's class
    items: tuple[str, ...] = ()  # what to fetch where there is no search: URLs, file names


@dataclass
class Crawled:
    """A finished partition: rows of `IMAGES` and of `ATTEMPTS`, in rank order.

    `final` is False when some failure may pass: no network, a busy server.
    """

    partition: Partition
    images: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    final: bool = True
