import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from stages.core.program import InputError
from stages.core.store import Store
from stages.scrape.params import Params
from stages.scrape.sources import urls

PARAMS = Params(
    sources={"urls": "data/urls.csv"},
    max_results=1,  # of a search; a list is taken whole
    min_pictures=0,
    licence="any",
    min_picture_side=8,
    max_pixels=10_000,
    max_bytes=10_000,
    download_timeout=5,
    max_attempts=1,
    request_interval=0,
    threads=2,
    proxy=None,
    contact="https://faceline.example",
    files_per_partition=1,
    site=None,
)


@pytest.fixture
def given(tmp_path):
    def write(text: str):
        path = tmp_path / "urls.csv"
        path.write_text(text)
        return path

    return write


def test_one_partition_per_identity(given) -> None:
    path = given(
        "url,identity,licence,gender\n"
        "http://a.test/1.jpg,john,,male\n"
        "https://a.test/2.jpg,jane,CC0,\n"
        "http://a.test/3.jpg,,,\n"
        "http://a.test/4.jpg,john,,\n"
    )
    jane, john, unnamed = urls.plan(path, PARAMS)
    assert [jane.name, john.name, unnamed.name] == ["jane", "john", "unnamed"]
    assert john.items == ("http://a.test/1.jpg", "http://a.test/4.jpg")
    assert john.fingerprint["rows"][0] == {"url": "http://a.test/1.jpg", "gender": "male"}
    assert (jane.fingerprint["identity"], unnamed.fingerprint["identity"]) == ("jane", None)


def test_a_partition_depends_on_all_that_its_rows_say(given) -> None:
    head, row = "url,identity,licence\n", "http://a.test/1.jpg,john,"
    before = urls.plan(given(f"{head}{row}CC0\n"), PARAMS)
    assert urls.plan(given(f"{head}{row}CC-BY\n"), PARAMS)[0].fingerprint != before[0].fingerprint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("url\nhttp://a.test/\n", "urls.csv:1: column identity is missing"),
        ("identity\njane\n", "urls.csv:1: column url is missing"),
        ("", "urls.csv:1: column url is missing"),
        ("url,identity,url\n", "urls.csv:1: duplicate column"),
        ("url,identity\n", "urls.csv: holds no address"),
        ("url,identity\nhttp://a.test/,Jane Doe\n", "urls.csv:2: identity = 'Jane Doe'"),
        ("url,identity\nhttp://a.test/,../x\n", "urls.csv:2: identity = '../x'"),
        ("url,identity\nhttp://a.test/,unnamed\n", "urls.csv:2: identity = 'unnamed'"),
        ("url,identity\nhttp://a.test/,a\nftp://a.test/,a\n", "urls.csv:3: url = 'ftp://a.test/'"),
        ("url,identity\n/etc/passwd,a\n", "urls.csv:2: url = '/etc/passwd'"),
        ("url,identity\n,a\n", "urls.csv:2: url = ''"),
        ("url,identity\nhttp://[,a\n", "urls.csv:2: url = 'http://['"),
        ("url,identity\nhttp://a.test/\n", "urls.csv:2: expected"),
        ("url,identity\nhttp://a.test/,a,b\n", "urls.csv:2: expected"),
        ('url,identity\n"http://a.test/,a\n', "unexpected end of data"),
    ],
)
def test_mistakes_are_told_by_line(given, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        urls.plan(given(text), PARAMS)
    assert message in str(caught.value)


def test_a_list_that_is_not_there_or_not_text(tmp_path) -> None:
    with pytest.raises(InputError, match="no such file"):
        urls.plan(tmp_path / "urls.csv", PARAMS)
    (tmp_path / "urls.csv").write_bytes(b"url,identity\n\xff")
    with pytest.raises(InputError, match=r"not UTF-8 \(byte 13\)"):
        urls.plan(tmp_path / "urls.csv", PARAMS)


class Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/robots.txt":
            self.send_error(404)
            return
        stream = io.BytesIO()
        Image.new("RGB", (16, 16), f"#{self.path[1]}00").save(stream, "PNG")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(stream.getvalue())

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def routes():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield {"a.test": server.server_address}
    server.shutdown()
    server.server_close()


def test_what_the_list_says_reaches_the_rows(given, routes, tmp_path) -> None:
    path = given(
        "url,identity,page_url,licence,gender,shoe\n"
        "http://a.test/1.png,jane,http://p.test/,CC0,female,38\n"
        "http://a.test/2.png,jane,,,,\n"
        "http://a.test/1.png,jane,,,,\n"
        "http://a.test/3.png,,,,,\n"
    )
    planned = urls.plan(path, PARAMS)
    found = urls.crawl(planned, path, PARAMS, Store(tmp_path / "store"), routes)
    crawled = {each.partition.name: each for each in found}
    first, second = crawled["jane"].images
    assert (first["page_url"], first["licence"], first["source"]) == (
        "http://p.test/",
        "CC0",
        "urls",
    )
    assert first["metadata"] == [("gender", "female"), ("shoe", "38")]
    assert (second["page_url"], second["licence"], second["metadata"]) == (None, None, [])
    assert len(crawled["jane"].attempts) == 2
    assert [row["identity"] for row in crawled["unnamed"].images] == [None]
