"""The `scrape` section of `params.yaml`."""

from typing import Literal

from pydantic import Field, PrivateAttr

from stages.core.program import Section
from stages.pictures.limits import Limits

Licence = Literal[
    "any",
    "publicdomain",
    "creativecommons",
    "commercial",
    "commercial,modify",
    "noncommercial",
    "noncommercial,modify",
]


class Params(Section):
    """Where pictures come from, and how they are fetched."""

    sources: dict[str, str] = Field(
        min_length=1, description="Source (stages/scrape/sources): the file or folder it reads."
    )
    site: str | None = Field(
        description="A folder of pictures that source demo serves; null: it paints people."
    )
    max_results: int = Field(ge=1, le=1000, description="Search results read per person.")
    min_pictures: int = Field(ge=0, description="A person with fewer pictures is left out.")
    licence: Licence = Field(description="Licence that pictures must have, as the search knows it.")
    min_picture_side: int = Field(
        ge=1, description="Pictures with a shorter side than this are left out, pixels."
    )
    max_pixels: int = Field(ge=1, description="Larger pictures are not decoded, pixels.")
    max_bytes: int = Field(ge=1, description="Larger files are not downloaded, bytes.")
    download_timeout: float = Field(
        gt=0, le=86_400, description="Longest time for one picture, seconds."
    )
    max_attempts: int = Field(
        ge=1, le=10, description="Attempts per address when the server is busy or fails."
    )
    request_interval: float = Field(
        ge=0, le=86_400, description="Least time between two requests to one host, seconds."
    )
    threads: int = Field(ge=1, le=64, description="Downloads at once.")
    proxy: str | None = Field(
        description="Where it is the only way out, like http://proxy.example:3128; null: none."
    )
    contact: str = Field(
        description="Your address, sent in the agent string to those whose pictures you ask for."
    )
    files_per_partition: int = Field(
        ge=1, description="Pictures per partition of a folder or data set."
    )
    _crawls: int = PrivateAttr(default=1)

    @property
    def crawls(self) -> int:
        """How many crawls share the hosts: each waits so many times `request_interval`."""
        return self._crawls

    @property
    def limits(self) -> Limits:
        """What a picture may be."""
        return Limits(self.max_pixels, self.min_picture_side)

    def shared_by(self, crawls: int) -> "Params":
        """The parameters of one of several crawls at once."""
        shared = self.model_copy()
        shared._crawls = crawls
        return shared
