"""What an address keeps secret is nowhere in what is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.credentials import cut, cut_within, may_stand_in

SECRET = "s3cr3t-Value_0123456789"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
NAMES = (
    "token", "access_token", "accessToken", "ACCESS-TOKEN", "id_token", "refresh_token", "auth",
    "auth_token", "authorization", "key", "api_key", "apikey", "api-key", "x-api-key", "sig",
    "signature", "Signature", "sign", "X-Amz-Signature", "X-Amz-Credential",
    "X-Amz-Security-Token", "X-Goog-Signature", "X-Goog-Credential", "AWSAccessKeyId",
    "GoogleAccessId", "OSSAccessKeyId", "password", "passwd", "pwd", "secret", "client_secret",
    "sid", "session", "sessionid", "PHPSESSID", "JSESSIONID", "jwt", "hmac", "hdnts", "oh",
    "X%2DAmz%2DSignature", "token[]", "user.token", "csrf-token",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "form",
    [
        "https://h.test/a.jpg?{}={}",
        "https://h.test/a.jpg?w=3&{}={}&h=4",
        "https://h.test/a.jpg?w=3;{}={}",
        "https://h.test/a.jpg#{}={}",
        "https://h.test/a;{}={}/b.jpg?w=3",
        "https://h.test/a.jpg?url=https%3A%2F%2Fi.test%2Fx%3F{}%3D{}",
        "https://h.test/a.jpg?url=https://i.test/x?{}={}&w=3",
        "//h.test/a.jpg?{}={}",
        "/a.jpg?{}={}",
        "ftp://h.test/a.jpg?{}={}",
    ],
)
def test_a_secret_parameter(name: str, form: str) -> None:
    url = form.format(name, SECRET)
    assert SECRET not in cut(url)
    assert "REDACTED" in cut(url)
    assert "w=3" in cut(url) or "w=3" not in url


@pytest.mark.parametrize(
    "url",
    [
        f"https://ada:{SECRET}@h.test/a.jpg",
        f"https://{SECRET}@h.test/a.jpg",
        f"HTTPS://ADA:{SECRET}@h.test:443/a.jpg?x=1",
        f"https://ada%40home:{SECRET}@h.test/a.jpg",
        f"https://a:b@c:{SECRET}@h.test/a.jpg",
        f"https://ada:pa/{SECRET}@h.test/a.jpg",
        f"https://ada:pa?{SECRET}@h.test/a.jpg",
        f"//ada:{SECRET}@h.test/a.jpg",
        f"ftp://ada:{SECRET}@h.test/a.jpg",
        f"https:\\\\ada:{SECRET}@h.test/a.jpg",
        f"https://h.test/web/2020/https://ada:{SECRET}@i.test/a.jpg",
        f"https://h.test/?u=https%3A%2F%2Fada%3A{SECRET}%40i.test%2F",
    ],
)
def test_user_and_password(url: str) -> None:
    assert SECRET not in cut(url)
    assert "ada" not in cut(url).lower()
    assert ".test" in cut(url)


@pytest.mark.parametrize("form", ["?x={}", "?{}", "#{}", "/{}/a.jpg", "?a=b&c={}"])
def test_a_json_web_token_whatever_it_is_called(form: str) -> None:
    assert JWT not in cut("https://h.test" + form.format(JWT))


@pytest.mark.parametrize(
    "url",
    [
        "https://h.test/a.jpg",
        "https://h.test/a.jpg?w=3&h=4",
        "https://h.test/@ada/a.jpg",
        "https://h.test/a@b.jpg?mail=a@b.test",
        "https://h.test/a.jpg?keyword=x&design=1&monkey=2&author=ada&assign=3",
        "https://h.test/a.jpg?token=",
        "https://h.test:443/token/key/secret.jpg",
        "https://h.test/?u=https%3A%2F%2Fi.test%2Fa%20b.jpg",
        "file:a/b;token=1/c@d.jpg",
        "nonsense",
        "",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(url: str) -> None:
    assert cut(url) == url


@given(st.text(st.sampled_from("ab:/@?#&;=%.token[]\\ "), max_size=60))
def test_cutting_twice_is_cutting_once_and_nothing_breaks_it(text: str) -> None:
    assert cut(cut(text)) == cut(text)


@given(
    st.sampled_from(["", "ada:pw@", "ada@"]),
    st.lists(st.tuples(st.sampled_from([*NAMES, "w", "page"]), st.text(max_size=8)), max_size=5),
)
def test_no_secret_value_is_left(user: str, pairs: list[tuple[str, str]]) -> None:
    pairs = [(name, f"{SECRET}{n}") for n, (name, _) in enumerate(pairs) if name in NAMES]
    query = "&".join(f"{name}={value}" for name, value in pairs)
    assert SECRET not in cut(f"https://{user}h.test/a.jpg?{query}")


def test_within_a_text() -> None:
    text = f"By <https://ada:{SECRET}@h.test/a?sig={SECRET}> and token=x, 3://4"
    assert cut_within(text) == "By <https://h.test/a?sig=REDACTED> and token=x, 3://4"


@pytest.mark.parametrize(
    "page",
    [
        "http://h.test/?a=1&amp;access_token=x",
        r"http:\/\/h.test\/?a=1\u0026sig=x",
        r"http:\/\/ada:pw@h.test\/",
        "%3Fa%3D1%26api_key%3Dx",
        "http://ada:pw@h.test/",
        f"/{JWT}/",
    ],
)
def test_a_page_that_may_hold_credentials(page: str) -> None:
    assert may_stand_in(page)


def test_a_page_that_holds_none() -> None:
    assert not may_stand_in("<a href='http://h.test/?a=1&amp;page=2'>token, a key=3, b@c.test</a>")
