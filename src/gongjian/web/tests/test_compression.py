"""Pages are compressed for those who take it, and nothing else ever is."""

import gzip
import zlib
from http import HTTPStatus

import pytest
from django.conf import settings as installation
from django.core.exceptions import MiddlewareNotUsed
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from gongjian.web import compression
from gongjian.web.compression import SMALL, CompressionMiddleware, compressed

PAGE = "<p>永安北一街的路灯三天没有亮。</p>" * 400


def through(response, accepted="gzip, deflate, br, zstd"):
    """Return a response as it leaves the middleware for somebody who takes these encodings."""
    request = RequestFactory().get("/", headers={"accept-encoding": accepted} if accepted else {})
    return CompressionMiddleware(lambda _: response)(request)


def test_a_page_is_compressed_and_says_so():
    answer = through(HttpResponse(PAGE))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.content).decode() == PAGE
    assert len(answer.content) < len(PAGE.encode()) / 10


@pytest.mark.parametrize("status", [200, 403, 404, 422, 500, 503])
def test_pages_that_say_no_are_pages_too(status):
    assert through(HttpResponse(PAGE, status=status)).headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("accepted", ["gzip", "GZIP", "br;q=1.0, gzip;q=0.8", "gzip;q=0.001", "deflate,gzip ; q=1"])
def test_whoever_takes_it_gets_it(accepted):
    assert "Content-Encoding" in through(HttpResponse(PAGE), accepted).headers


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000, br", "x-gzipped", "deflate"])
def test_whoever_does_not_gets_the_page_as_it_is(accepted):
    answer = through(HttpResponse(PAGE), accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.content.decode() == PAGE
    assert answer.headers["Vary"] == "Accept-Encoding"  # a cache between must not give it to the others


def encoded():
    return HttpResponse(gzip.compress(PAGE.encode()), headers={"Content-Encoding": "gzip"})


def taken_away():
    return HttpResponse(PAGE, headers={"Content-Disposition": 'attachment; filename="a.html"'})


OTHERS = {
    "a small page": lambda: HttpResponse("x" * SMALL),
    "a redirect": lambda: HttpResponse("", status=HTTPStatus.FOUND),
    "an answer to a program": lambda: JsonResponse({"text": PAGE}),
    "xml": lambda: HttpResponse(PAGE, content_type="text/xml; charset=utf-8"),
    "plain text": lambda: HttpResponse(PAGE, content_type="text/plain"),
    "script": lambda: HttpResponse(PAGE, content_type="text/javascript"),
    "csv": lambda: HttpResponse(PAGE, content_type="text/csv; charset=utf-8"),
    "a paper": lambda: HttpResponse(PAGE.encode(), content_type="application/pdf"),
    "a page to take away": taken_away,
    "what is compressed already": encoded,
    "a stream of csv": lambda: StreamingHttpResponse(iter([PAGE.encode()]), content_type="text/csv; charset=utf-8"),
    "a stream of html": lambda: StreamingHttpResponse(iter([PAGE.encode()])),
    "a file": lambda: FileResponse(iter([PAGE.encode()]), content_type="text/html"),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_nothing_else_is_touched(make):
    plain, answer = make(), through(make())
    assert answer.headers.items() == plain.headers.items()
    assert b"".join(answer) == b"".join(plain)


def test_a_strong_etag_becomes_a_weak_one_because_the_bytes_differ():
    assert through(HttpResponse(PAGE, headers={"ETag": '"7"'})).headers["ETag"] == 'W/"7"'
    assert through(HttpResponse(PAGE, headers={"ETag": 'W/"7"'})).headers["ETag"] == 'W/"7"'
    assert through(HttpResponse(PAGE, headers={"ETag": '"7"'}), "").headers["ETag"] == '"7"'


def test_behind_a_proxy_the_proxy_compresses(settings):
    settings.PROXIES = 1
    with pytest.raises(MiddlewareNotUsed):
        CompressionMiddleware(HttpResponse)


@given(st.text(min_size=1))
def test_what_was_compressed_comes_out_again(text):
    assert gzip.decompress(compressed(text.encode())).decode() == text


def test_the_length_tells_nothing_and_the_level_is_the_quick_one(monkeypatch):
    sizes = set()
    for length in (0, 1, 57, 99):
        monkeypatch.setattr(compression.secrets, "randbelow", lambda most, length=length: min(length, most - 1))
        sizes.add(len(compressed(PAGE.encode())))
    body = len(zlib.compress(PAGE.encode(), 1, wbits=-15))
    assert sorted(size - min(sizes) for size in sizes) == [0, 2, 58, 100]
    assert min(sizes) == body + 10 + 8


def test_it_stands_inside_what_guards_the_connection_and_outside_what_writes_pages():
    order = [name.rpartition(".")[2] for name in installation.MIDDLEWARE]
    assert order[:3] == ["SecurityMiddleware", "WhiteNoiseMiddleware", "CompressionMiddleware"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/report/", "/track", "/no-such-page", "/help/"])
def test_the_pages_of_this_installation_are_compressed(client, path):
    answer = client.get(path, headers={"accept-encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert b"</html>" in gzip.decompress(answer.content)
