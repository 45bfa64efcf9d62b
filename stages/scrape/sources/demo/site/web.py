"""What the site needs of the web that it shows: drawn people or a folder of pictures."""

from collections.abc import Sequence
from typing import Protocol

from stages.scrape.sources.demo.site.hits import Hit
from stages.scrape.sources.demo.site.reply import Reply


class Web(Protocol):
    """Who is there, what a search for one of them gives, and what is at a file's address."""

    people: dict[str, str]  # identity: name

    def hits(self, identity: str) -> Sequence[Hit]:
        """A search's hits for a person, best first; none for an unknown identity."""
        ...

    def file(self, target: str) -> Reply | None:
        """The answer to the path and query of a picture's URL; None when nothing is there."""
        ...
