"""The page that `dvc plots` fills holds its chart library."""

import re

from dvc_render.html import HTML

from stages.tools.offline_plots import page

PAGE = page()  # a second to make


def test_dvc_takes_the_page_and_nothing_is_loaded() -> None:
    filled = HTML(PAGE).with_scripts('<script src="https://elsewhere"></script>')
    filled.with_element("<div>a chart</div>")
    text = filled.embed()
    assert "<div>a chart</div>" in text
    assert "window.vegaEmbed" in text
    assert "elsewhere" not in text
    assert not re.search(r"<(script|link)[^>]+(src|href)=", text)
    assert "{plot_divs}" not in text
    assert "{refresh_tag}" not in text


def test_the_library_cannot_end_its_own_script() -> None:
    assert PAGE.count("</script>") == 1
