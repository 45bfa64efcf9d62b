"""Which writings are one name or one address."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.forget import normal_forms
from stages.forget.proof import Traces


@pytest.mark.parametrize(
    "text",
    ["ada-lorne", "Ada Lorne", "ADA_LORNE", "Ada%20Lorne", "ada+lorne", "Åda  Lórne"],
)
def test_one_name_in_many_writings(text: str) -> None:
    assert normal_forms.name(text) == "ada lorne"


@pytest.mark.parametrize(
    "url",
    [
        "http://host.test/a b.jpg?v=1",
        "https://Host.TEST:443/a%20b.jpg?v=1#top",
        "http://user:word@host.test./a b.jpg?v=1",
    ],
)
def test_one_address_in_many_writings(url: str) -> None:
    assert normal_forms.address(url) == "host.test/a b.jpg?v=1"


def test_addresses_that_differ_stay_apart() -> None:
    urls = ["http://a.test", "http://a.test/x", "http://a.test/X", "http://a.test/?x",
            "http://a.test:81/", "file:a/x.jpg", "file:b/x.jpg", "http://[", "x"]  # fmt: skip
    assert len({normal_forms.address(url) for url in urls}) == len(urls)


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
    assert ("ada lorne" in normal_forms.names_in(text)) == found


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
    assert ("prince" in normal_forms.names_in(text)) == found


def test_a_long_name_is_found_where_it_is_the_whole_text() -> None:
    name = "one two three four five six seven eight nine ten"
    assert name in normal_forms.names_in(f"http://x.test/?q={name.replace(' ', '+')}&first=1")


def test_an_address_is_the_same_with_other_credentials() -> None:
    asked = "https://ada:pw@x.test/1.jpg?sig=one&w=2"
    assert normal_forms.address(asked) == normal_forms.address(
        "http://x.test/1.jpg?sig=REDACTED&w=2"
    )
    assert normal_forms.address(asked) == normal_forms.address("http://x.test/1.jpg?sig=two&w=2")
    assert normal_forms.address(asked) != normal_forms.address("http://x.test/1.jpg?sig=one&w=3")


def test_addresses_are_found_in_pages_and_in_cells() -> None:
    page = '<a m="{&quot;murl&quot;:&quot;http:\\/\\/x.test\\/1.jpg?a=1&amp;b=2&quot;}">'
    assert "x.test/1.jpg?a=1&b=2" in set(normal_forms.addresses_in(page))
    assert "x.test/a b.jpg" in set(normal_forms.addresses_in("one\0http://x.test/a b.jpg\0two"))


# A name of one word in a script that sets no blanks, or adds to its words.
FOUND = [
    ("김태희", "배우 김태희 화보"),
    ("김태희", "김태희_화보.jpg"),
    ("김태희", "김태희-01.png"),
    ("김태희", "김태희가 웃었다"),
    ("김태희", "배우김태희"),
    ("김태희", "#김태희패션"),
    ("김태희", "김 태희"),
    ("김태희", "김_태희 사진"),
    ("김 태희", "김태희는"),
    ("김태희", unicodedata.normalize("NFD", "배우 김태희 화보")),
    ("김태희", "%EA%B9%80%ED%83%9C%ED%9D%AC+%EC%82%AC%EC%A7%84"),
    ("김태희", "\\uae40\\ud0dc\\ud76c"),
    ("김태희", "김태희2024.jpg"),
    ("이상", "이상은 시인이다"),
    ("이상", "시인 이상"),
    ("章子怡", "演员章子怡在北京"),
    ("章子怡", "章子怡_1.jpg"),
    ("李娜", "网球李娜退役"),
    ("渡辺謙", "俳優の渡辺謙さん"),
    ("アン・ハサウェイ", "女優アン・ハサウェイの写真"),
    ("アン・ハサウェイ", "アンハサウェイ.jpg"),
    ("ญาญ่า", "ดาราญาญ่าสวย"),
    ("प्रियंका चोपड़ा", "अभिनेत्री प्रियंका चोपड़ा मुंबई में"),
    ("प्रियंका चोपड़ा", "प्रियंका_चोपड़ा-1.jpg"),
    ("Алла Пугачёва", "певица Алла Пугачева"),
    ("فيروز", "/people/فيروز/1.jpg"),
    ("Prince", "photos/prince_01.jpg"),
    ("Prince", "prince-2.png"),
    ("Zoë Kravitz", "zoe_kravitz-03.jpg"),
]
NOT_FOUND = [
    ("김태희", "김태현 화보"),
    ("김태희", "태희 사진"),
    ("이상", "이상형 월드컵"),
    ("이상", "천재이상"),
    ("章子怡", "章子"),
    ("Prince", "the prince of nowhere"),
    ("Prince", "princess_01.jpg"),
    ("Prince", "prince-charles.jpg"),
]


@pytest.mark.parametrize(("name", "text"), FOUND)
def test_a_name_of_any_script_is_found_by_list_and_by_proof(name: str, text: str) -> None:
    assert normal_forms.name(name) in set(normal_forms.names_in(text))
    assert Traces(frozenset({name})).count(text) == 1


@pytest.mark.parametrize(("name", "text"), NOT_FOUND)
def test_what_is_only_like_a_name_is_not_found(name: str, text: str) -> None:
    assert normal_forms.name(name) not in set(normal_forms.names_in(text))
    assert Traces(frozenset({name})).count(text) == 0


@given(
    st.sampled_from([name for name, _ in FOUND]), st.sampled_from([" ", "_", "-", "/", ".", "+"])
)
def test_what_the_proof_finds_between_any_separators_the_list_finds_too(
    name: str, edge: str
) -> None:
    text = f"7{edge}{name}{edge}9"
    assert normal_forms.name(name) in set(normal_forms.names_in(text))
    assert Traces(frozenset({name})).count(text) == 1


def test_a_long_page_takes_no_time() -> None:
    text = "배우김태희화보와동영상을모아보았다 " * 3000 + "ดาราญาญ่าสวยมากที่สุดในประเทศไทย" * 1000
    began = time.process_time()
    assert "김태희" in set(normal_forms.names_in(text))
    assert time.process_time() - began < 5
