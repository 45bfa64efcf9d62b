import json
from html import escape

import pytest

from stages.scrape.crawl import bing_search
from stages.scrape.crawl.engine import SearchResult


def page(*contents: str) -> bytes:
    links = "".join(f'<a class="iusc x" m="{escape(each)}">' for each in contents)
    return f"<html><a href='/'>other</a>{links}<a class='iusc'>".encode()


def test_pages_of_a_fixed_size_as_many_as_needed(params) -> None:
    wanted = params.model_copy(update={"max_results": 41})
    assert bing_search.pages("jane doe", wanted) == [
        f"https://www.bing.com/images/async?q=jane%20doe&first={first}&count=20"
        for first in (1, 21, 41)
    ]


@pytest.mark.parametrize(
    ("query", "quoted"),
    [("AT&T", "AT%26T"), ("a#b", "a%23b"), ("a/b?c=d+e", "a%2Fb%3Fc%3Dd%2Be"), ("이", "%EC%9D%B4")],
)
def test_the_query_is_escaped(params, query: str, quoted: str) -> None:
    assert f"?q={quoted}&first=1&" in bing_search.pages(query, params)[0]


@pytest.mark.parametrize(
    ("licence", "code"),
    [
        ("publicdomain", "license-L1"),
        ("creativecommons", "licenseType-Any"),
        ("commercial", "license-L2_L3_L4"),
        ("commercial,modify", "license-L2_L3"),
        ("noncommercial", "license-L2_L3_L4_L5_L6_L7"),
        ("noncommercial,modify", "license-L2_L3_L5_L6"),
    ],
)
def test_the_licence_is_a_filter(params, licence: str, code: str) -> None:
    wanted = params.model_copy(update={"licence": licence})
    assert bing_search.pages("jane", wanted)[0].endswith(f"&qft=+filterui:{code}")


def test_results_in_order_with_page_and_title() -> None:
    first = {
        "murl": "http://a.test/A.JPG?x=1&y=2",
        "purl": "http://a.test/",
        "t": "\ue000A\ue001 b",
    }
    second = {"murl": "http://b.test/b.png", "turl": "ignored"}
    assert bing_search.results(page(json.dumps(first), json.dumps(second))) == [
        SearchResult("http://a.test/A.JPG?x=1&y=2", "http://a.test/", "A b"),
        SearchResult("http://b.test/b.png"),
    ]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '"x"', "{}", '{"murl": 5}', '{"murl": ""}', "[" * 100_000, '{"a":NaN}'],
)
def test_malformed_links_are_passed_over(content: str) -> None:
    good = json.dumps({"murl": "http://a.test/a.jpg", "t": 3, "purl": None})
    assert bing_search.results(page(content, good)) == [SearchResult("http://a.test/a.jpg")]


def test_what_cannot_be_written_is_left_out() -> None:
    content = '{"murl": "http://a.test/a.jpg", "t": "one\\ud800\\u0000two \\n"}'
    (result,) = bing_search.results(page(content))
    assert result.title == "one two"


@pytest.mark.parametrize("html", [b"", b"\xff\xfe\xfd", b"<" * 10_000, b"<a class=iusc m=''>"])
def test_pages_without_results(html: bytes) -> None:
    assert bing_search.results(html) == []


def test_a_page_that_is_not_quite_utf8() -> None:
    html = page(json.dumps({"murl": "http://a.test/a.jpg"}))
    assert len(bing_search.results(html + "é".encode("latin-1"))) == 1
