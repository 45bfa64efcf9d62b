"""The page itself: a template, filled with text that is escaped and pictures that it holds."""

import base64
from pathlib import Path
from typing import Any

import jinja2

FOLDER = Path(__file__).parent


def data_uri(data: bytes, kind: str) -> str:
    """A picture as the value of an `img`'s `src`."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def render(**content: Any) -> str:
    """Fill the page; everything that came from outside is escaped."""
    loader = jinja2.FileSystemLoader(FOLDER)
    pages = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return pages.get_template("report.html.j2").render(**content)
