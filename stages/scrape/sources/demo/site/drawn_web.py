"""The web of invented people."""

import threading
from collections import Counter
from collections.abc import Sequence

from stages.core.catalogue import Celebrity
from stages.scrape.sources.demo.site import mishaps
from stages.scrape.sources.demo.site.hits import DEMO, Assortment, DrawnHit, Hit, search_hits
from stages.scrape.sources.demo.site.reply import Reply


class DrawnWeb:
    """Invented people and everything that happens on the way to their pictures."""

    def __init__(self, celebrities: Sequence[Celebrity], assortment: Assortment = DEMO) -> None:
        self.people = {row.identity: row.query for row in celebrities}
        self._rows = {row.identity: row for row in celebrities}
        self._assortment = assortment
        self._hits: dict[str, dict[str, DrawnHit]] = {}
        self._visits: Counter[str] = Counter()
        self._lock = threading.Lock()

    def hits(self, identity: str) -> Sequence[Hit]:
        """A search's hits for a person, best first; none for an unknown identity."""
        return list(self._by_target(identity).values())

    def file(self, target: str) -> Reply | None:
        """The answer to the path and query of a picture's URL; None when nothing is there."""
        plain = target.removesuffix(mishaps.HOP)
        hit = self._by_target(_folder(plain)).get(plain)
        if hit is None:
            return None
        with self._lock:
            self._visits[target] += 1
            visit = self._visits[target]
        return mishaps.reply_to(hit, plain != target, visit)

    def _by_target(self, identity: str) -> dict[str, DrawnHit]:
        """A person's hits by path and query, computed when first asked for."""
        if identity not in self._hits:
            if identity not in self._rows:
                return {}
            hits = search_hits(self._rows[identity], self._assortment)
            self._hits[identity] = {_target(hit.url): hit for hit in hits}
        return self._hits[identity]


def _target(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _folder(target: str) -> str:
    """The last folder of a path: the person's, also below `/private`."""
    return target.partition("?")[0].rpartition("/")[0].rpartition("/")[2]
