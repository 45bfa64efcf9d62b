"""Make the page that `dvc plots` fills, with its chart library inside: no network to look at it.

DVC's own page loads Vega from the internet. `vl-convert` ships Vega; `.dvc/config` names the page.
"""

import sys
from pathlib import Path

import vl_convert

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>Faceline plots</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; }}
table {{ border-spacing: 15px; }}
</style>
<script>(() => {{{library}}})()</script>
</head>
<body>
{{plot_divs}}
</body>
</html>
"""


def page() -> str:
    """The template: DVC replaces {plot_divs} and, if asked to refresh, {refresh_tag}."""
    library = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    safe = library.replace("</script", "<\\/script")
    return PAGE.format(library=safe, refresh_tag="{refresh_tag}")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(), encoding="utf-8")
