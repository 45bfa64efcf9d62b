"""The drawn site's pages: result pages as the search engine writes them, and some to look at."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlsplit

from stages.scrape.sources.demo.site.hits import Hit

PAGE_SIZE = 20
_STYLE = """
body { font: 15px/1.4 sans-serif; margin: 2rem; background: #fafafa; color: #222 }
ul { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0 }
li { width: 9rem } img { height: 9rem; max-width: 100%; object-fit: cover; border-radius: 6px }
small { color: #777 }
"""


def search_page(hits: Sequence[Hit], first: int, count: int) -> str:
    """Hits number `first` (from 0) and after, shaped as Bing's `/images/async` gives them."""
    shown = "\n".join(_search_item(hit) for hit in hits[first : first + count])
    return f'<div class="dgControl"><ul class="dgControl_list">\n{shown}\n</ul></div>\n'


def _search_item(hit: Hit) -> str:
    content = {"purl": hit.page_url, "murl": hit.url, "turl": hit.url, "t": hit.title}
    attribute = escape(json.dumps(content, separators=(",", ":"), ensure_ascii=False))
    return (
        f'<li><div class="iuscp"><div class="imgpt"><a class="iusc" m="{attribute}" href="#">'
        f'<img class="mimg" alt="{escape(hit.title)}"></a></div></div></li>'
    )


def index_page(people: Mapping[str, str], faces: Mapping[str, str]) -> str:
    """Everyone, by slug and name, each with a link to their page and a picture's URL, or ""."""
    items = "\n".join(
        f'<li><a href="/people/{escape(slug)}">{_thumbnail(faces[slug])}<br>{escape(name)}</a></li>'
        for slug, name in people.items()
    )
    return _page(f"{len(people)} people", f"<ul>\n{items}\n</ul>")


def person_page(name: str, hits: Sequence[Hit]) -> str:
    """Everything the search knows of a person, and what the scraper must make of it."""
    items = "\n".join(_person_item(hit) for hit in hits)
    return _page(escape(name), f'<p><a href="/">Everyone</a></p><ul>\n{items}\n</ul>')


def _person_item(hit: Hit) -> str:
    link = f'<a href="{_local(hit.url)}">{escape(hit.kind)}</a>'
    if hit.expected is None:
        return f"<li>{_thumbnail(hit.url)}<br>{link}</li>"
    return f"<li>{link}<br><small>left out: {escape(hit.expected)}</small></li>"


def _thumbnail(url: str) -> str:
    return f'<img src="{_local(url)}" loading="lazy" alt="">' if url else ""


def _local(url: str) -> str:
    """The same file by the server's plain address, where the host is the path's first part."""
    parts = urlsplit(url)
    return escape(f"/{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else ""))


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>{body}</html>\n"
    )
