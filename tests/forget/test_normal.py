"""Which writings are one name or one address."""

import pytest

from stages.forget import normal


@pytest.mark.parametrize(
    "text",
    ["ada-lorne", "Ada Lorne", "ADA_LORNE", "Ada%20Lorne", "ada+lorne", "Åda  Lórne"],
)
def test_one_name_in_many_writings(text: str) -> None:
    assert normal.name(text) == "ada lorne"


@pytest.mark.parametrize(
    "url",
    [
        "http://host.test/a b.jpg?v=1",
        "https://Host.TEST:443/a%20b.jpg?v=1#top",
        "http://user:word@host.test./a b.jpg?v=1",
    ],
)
def test_one_address_in_many_writings(url: str) -> None:
    assert normal.address(url) == "host.test/a b.jpg?v=1"


def test_addresses_that_differ_stay_apart() -> None:
    urls = ["http://a.test", "http://a.test/x", "http://a.test/X", "http://a.test/?x",
            "http://a.test:81/", "file:a/x.jpg", "file:b/x.jpg", "http://[", "x"]  # fmt: skip
    assert len({normal.address(url) for url in urls}) == len(urls)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ada Lorne at a premiere", True),
        ("http://x.test/people/ada-lorne/01.jpg?v=2", True),
        ("{'q': 'caf\\u00e9 by Ada\\u0020Lorne'}", True),
        ("Ada Lornette", False),
        ("Nada Lorne", False),
        ("Ada\0Lorne", False),  # two cells of a table
        ("Ada, Bo and Lorne", False),
    ],
)
def test_a_name_of_two_words_is_found_in_a_text(text: str, found: bool) -> None:
    assert ("ada lorne" in normal.names_in(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("prince", True),
        ("http://x.test/prince/1.jpg", True),
        ('{"identity": "Prince"}', True),
        ("a\0prince\0b", True),
        ("the prince of nowhere", False),
        ("princess", False),
    ],
)
def test_a_name_of_one_word_must_stand_alone(text: str, found: bool) -> None:
    assert ("prince" in normal.names_in(text)) == found


def test_a_long_name_is_found_where_it_is_the_whole_text() -> None:
    name = "one two three four five six seven eight nine ten"
    assert name in normal.names_in(f"http://x.test/?q={name.replace(' ', '+')}&first=1")


def test_an_address_is_the_same_with_other_credentials() -> None:
    asked = "https://ada:pw@x.test/1.jpg?sig=one&w=2"
    assert normal.address(asked) == normal.address("http://x.test/1.jpg?sig=REDACTED&w=2")
    assert normal.address(asked) == normal.address("http://x.test/1.jpg?sig=two&w=2")
    assert normal.address(asked) != normal.address("http://x.test/1.jpg?sig=one&w=3")


def test_addresses_are_found_in_pages_and_in_cells() -> None:
    page = '<a m="{&quot;murl&quot;:&quot;http:\\/\\/x.test\\/1.jpg?a=1&amp;b=2&quot;}">'
    assert "x.test/1.jpg?a=1&b=2" in set(normal.addresses_in(page))
    assert "x.test/a b.jpg" in set(normal.addresses_in("one\0http://x.test/a b.jpg\0two"))
