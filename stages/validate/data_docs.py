"""Data docs that open without a network and come out the same for the same table.

Great Expectations' pages load Bootstrap, jQuery, fonts and a logo from elsewhere, draw their
index with them, stamp the time and number their elements at random. Its renderers stay; the page
around them, the index and the foldable blocks are replaced here, by the plug-in points of its
site builder.
"""

import html
from pathlib import Path
from typing import Any

from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, DictLoader, pass_context

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0;color:#1c2733;background:#fff}
header{padding:.8rem 1.5rem;border-bottom:1px solid #d5dbe1;font-weight:600}
header span{color:#5b6875;font-weight:400;margin-left:1rem}
.page{display:flex;flex-wrap:wrap;gap:2rem;padding:1.5rem}
.page>.card{flex:0 0 14rem}
main{flex:1 1 40rem;min-width:0}
a{color:#0b5cad;text-decoration:none}
a:hover{text-decoration:underline}
h4,h5,h6{margin:0;font-size:1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{border-bottom:1px solid #e3e8ed;padding:.35rem .6rem;text-align:left;vertical-align:top}
td td,td th{font-size:.9em}
td th{white-space:nowrap}
td td:last-child{overflow-wrap:anywhere}
.alert{background:#eef2f6;padding:.6rem .9rem;margin:1rem 0 .4rem;border-radius:4px}
.card-header{padding-bottom:.4rem}
.nav{list-style:none;margin:0;padding:0}
.badge{background:#e3e8ed;border-radius:3px;padding:0 .35rem}
.text-danger{color:#b3261e}
.text-success{color:#1b7f3b}
.fa-times::before,.fa-exclamation-triangle::before{content:"\\2717"}
.fa-check-circle::before{content:"\\2713"}
.cooltip .top{display:none}
hr{border:0;margin:0}
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data docs{% if page_title %}: {{ page_title }}{% endif %}</title>
<style>{% include 'style.css' %}</style>
</head>
<body>
{% set depth = {"ValidationResultsPageRenderer": 4, "ExpectationSuitePageRenderer": 1} %}
<header><a href="{{ "../" * depth.get(renderer_type, 0) }}index.html">Faceline data docs</a>
<span>{{ page_title or "" }}</span></header>
<div class="page">
{% if renderer_type in depth %}{% include 'table_of_contents.j2' %}{% endif %}
<main>
{% for section in sections %}{% set section_loop = loop %}{% include 'section.j2' %}{% endfor %}
</main>
</div>
</body>
</html>
"""
# The site's files are listed in the order the disk gives them, hence the sort.
_TABLE = """
{% set fields = ["validation_success", "expectation_suite_name"] %}
{% set rows = content_block["table_data"] | render_bootstrap_table_data %}
<table>
<thead><tr>{% for column in content_block["table_columns"] if column.field in fields %}
<th>{{ column.title }}</th>{% endfor %}<th>Page</th></tr></thead>
<tbody>{% for row in rows | sort(attribute="_table_row_link_path") %}
<tr>{% for column in content_block["table_columns"] if column.field in fields %}
<td>{{ row[column.field] }}</td>{% endfor %}
<td><a href="{{ row._table_row_link_path }}">open</a></td></tr>{% endfor %}
</tbody></table>
"""
_TABS = """{% for tab in content_block["tabs"] %}<h4>{{ tab.tab_name }}</h4>
{{ tab.tab_content | render_content_block(content_block_id=content_block_id ~ "-" ~ loop.index) }}
{% endfor %}"""
_FOLD = """<details>
<summary>{{ content_block.get("collapse_toggle_link", "more") | render_content_block }}</summary>
{% for block in content_block["collapse"] %}
{{ block | render_content_block(content_block_id=content_block_id ~ "-" ~ loop.index) }}
{% endfor %}</details>"""

_TEMPLATES = {
    "page.j2": _PAGE,
    "style.css": _STYLE,
    "bootstrap_table.j2": _TABLE,
    "tabs.j2": _TABS,
    "collapse.j2": _FOLD,
}


class Page(DefaultJinjaPageView):  # type: ignore[misc]  # Great Expectations is not type-checked
    """Any page of the site, the index too: no script, no address, no clock."""

    def __init__(self, **directories: Any) -> None:
        super().__init__(**directories)
        self.env.loader = ChoiceLoader([DictLoader(_TEMPLATES), self.env.loader])

    @pass_context
    def render_content_block(self, page: Any, content_block: Any, *rest: Any, **ids: Any) -> Any:
        """The block as HTML, with text escaped: a scraped label may hold markup."""
        if isinstance(content_block, str):
            return html.escape(content_block)
        if isinstance(content_block, list):
            content_block = [
                html.escape(item) if isinstance(item, str) else item for item in content_block
            ]
        return super().render_content_block(page, content_block, *rest, **ids)


class Results(ValidationResultsPageRenderer):  # type: ignore[misc]  # as above
    """A page of results without its block on the run, which is a clock and random ids."""

    def render(self, validation_results: Any, suite_parameters: Any = None) -> Any:
        """The page's content, its title the suite's name alone."""
        page = super().render(validation_results, suite_parameters)
        page.page_title = f"Validations / {validation_results.suite_name}"
        overview = page.sections[0]
        overview.content_blocks = [
            block for block in overview.content_blocks if block.content_block_type != "collapse"
        ]
        return page


def site(folder: Path) -> dict[str, Any]:
    """The configuration of a data docs site in `folder` that is built of this module's pages."""
    page = {"module_name": __name__, "class_name": "Page"}
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder.absolute()),
        },
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "view": page},
        "site_section_builders": {
            "expectations": {"class_name": "DefaultSiteSectionBuilder", "view": page},
            "validations": {
                "class_name": "DefaultSiteSectionBuilder",
                "renderer": {"module_name": __name__, "class_name": "Results"},
                "view": page,
            },
        },
    }
