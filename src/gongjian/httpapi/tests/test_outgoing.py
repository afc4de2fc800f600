"""One deadline over the whole exchange, little read of an answer, and the address that was checked is the one called."""

import socket
import ssl
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gongjian.httpapi import outgoing
from gongjian.httpapi.outgoing import BadAddress, NoAnswer, check_url, post, receiver_of
from gongjian.testing import bad_receivers as bad
from gongjian.workdays.clock import now

MOST = 0.6  # seconds; each bad receiver would go on for longer


@pytest.fixture(autouse=True)
def _inside(settings, monkeypatch):
    settings.WEBHOOKS_INSIDE = True
    monkeypatch.setattr(outgoing, "SECONDS", MOST)


def called(port, scheme="http", body=b"{}"):
    return post(f"{scheme}://127.0.0.1:{port}/hook", body, {"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "behave",
    [
        bad.says_nothing, bad.endless_headers, bad.endless_header, bad.endless_status,
        bad.continues_for_ever, bad.speaks_otherwise, bad.hangs_up, bad.resets,
    ],
)  # fmt: skip
def test_who_gives_no_answer_in_time_or_too_much_of_one_is_left(behave):
    with bad.misbehaving(behave) as there, pytest.raises(NoAnswer):
        called(there.port)


@pytest.mark.parametrize("behave", [bad.body_by_bytes, bad.endless_body, bad.endless_chunks, bad.endless_chunk_size])
def test_an_answer_stands_and_a_body_without_end_is_cut(behave):
    with bad.misbehaving(behave) as there:
        answer = called(there.port)
    assert answer.status == 500
    assert len(answer.body) <= outgoing.BODY_BYTES
    assert len(answer.body) < 200 or behave is not bad.body_by_bytes


@pytest.mark.parametrize(("behave", "scheme"), [(bad.head_by_bytes, "http"), (bad.half_a_handshake, "https")])
def test_words_that_drip_are_not_waited_for(behave, scheme):
    """Each byte comes in good time, all of them do not."""
    with bad.misbehaving(behave) as there, pytest.raises(NoAnswer):
        called(there.port, scheme)
    assert not there.endured


def test_who_lets_nobody_in_is_left():
    with bad.never_accepting() as there, pytest.raises(NoAnswer):
        called(there.port)


def test_who_does_not_listen_is_left():
    with bad.misbehaving(bad.reads_nothing) as there, pytest.raises(NoAnswer):
        called(there.port, body=b"x" * 40_000_000)


@pytest.mark.parametrize("behave", [bad.says_nothing, bad.speaks_otherwise, bad.hangs_up])
def test_a_handshake_that_does_not_end_is_left(behave):
    with bad.misbehaving(behave) as there, pytest.raises(NoAnswer):
        called(there.port, "https")


def test_a_name_that_nobody_resolves_in_time_is_left(monkeypatch):
    answered = threading.Event()

    def slow(*_args, **_facts):
        answered.wait(60)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(NoAnswer, match="not resolved in time"):
        post("https://slow.example/hook", b"", {})
    answered.set()


def test_time_spent_on_the_name_is_missing_later(monkeypatch):
    """The deadline is one: a second that resolving took is not given again to the answer."""
    moments = iter([0.0, 0.0, *[MOST * 2] * 20])
    monkeypatch.setattr(outgoing, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    with bad.misbehaving(bad.says_nothing) as there, pytest.raises(NoAnswer, match="too slow"):
        called(there.port)


@pytest.mark.parametrize("error", [socket.gaierror("nobody"), UnicodeError("label too long")])
def test_a_name_that_is_none_is_told(monkeypatch, error):
    def none(*_args, **_facts):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", none)
    with pytest.raises(NoAnswer, match="no such name"):
        post("https://nobody.example/hook", b"", {})


class Resolver:
    """Answers each question with the next of its addresses, and the connecting is written down."""

    def __init__(self, monkeypatch, *answers):
        self.answers, self.asked, self.connected = list(answers), 0, []
        monkeypatch.setattr(socket, "getaddrinfo", self.resolve)
        monkeypatch.setattr(socket.socket, "connect", self.connect)

    def resolve(self, host, port, *_args, **_facts):
        self.asked += 1
        answer = self.answers.pop(0)
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in answer
        ]

    def connect(self, address):
        self.connected.append(address[0])
        raise ConnectionRefusedError(address)


def test_the_checked_address_is_the_one_called_and_the_name_is_asked_once(monkeypatch, settings):
    settings.WEBHOOKS_INSIDE = False
    resolver = Resolver(monkeypatch, ["198.41.0.4"], ["127.0.0.1"], ["127.0.0.1"])
    with pytest.raises(NoAnswer):
        post("https://changes.example/hook", b"", {})
    assert (resolver.asked, resolver.connected) == (1, ["198.41.0.4"])


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["198.41.0.4", "10.0.0.8"], ["2001:503:ba3e::2:30", "::1"], ["fe80::1%lo"], ["64:ff9b::a00:8"]],
)
def test_a_name_with_any_address_inside_is_not_called(monkeypatch, settings, answer):
    settings.WEBHOOKS_INSIDE = False
    resolver = Resolver(monkeypatch, answer)
    with pytest.raises(BadAddress):
        post("https://inside.example/hook", b"", {})
    assert resolver.connected == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.1.", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
        "0.0.0.0", "0", "10.0.0.8", "0xa9fea9fe", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]",
        "[64:ff9b::7f00:1]", "[fec0::1]", "[fd00:ec2::254]", "[2002:7f00:1::]", "192.88.99.1", "224.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_an_address_inside_is_refused_in_every_spelling_before_anything_is_asked(monkeypatch, settings, host):
    settings.WEBHOOKS_INSIDE = False
    resolver = Resolver(monkeypatch)
    for act in (check_url, lambda url: post(url, b"", {})):
        with pytest.raises(BadAddress, match="内网"):
            act(f"https://{host}:8443/hook")
    assert resolver.asked == 0
    settings.WEBHOOKS_INSIDE = True
    check_url(f"https://{host}:8443/hook")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org@127.0.0.1/", "https://:pw@example.org/", "https://@example.org/",
        "https://example.org\\@127.0.0.1/", "https://127.0.0.1\\.example.org/", "https://127%2e0%2e0%2e1/",
        "https://①②⑦.0.0.1/", "https://例子.中国/", "https://ex\tample.org/", "https://[fe80::1%25lo]/", "https://[::1/",
        "https://[example.org]/", "https:///hook", "//example.org/", "https://example.org:0/", "https://example.org:1x/",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_address_is_refused(url):
    with pytest.raises(BadAddress):
        check_url(url)


@pytest.mark.parametrize("host", ["example.org", "example.org.", "xn--fsqu00a.xn--fiqs8s", "a_b.example", "198.41.0.4"])
def test_an_address_outside_may_be_called(settings, host):
    settings.WEBHOOKS_INSIDE = False
    assert check_url(f"https://{host}/hook?x=1").hostname == host


def test_addresses_of_one_machine_are_one_receiver():
    same = ("https://Example.org/a", "https://example.org:443/b?c", "https://example.org./")
    assert {receiver_of(url) for url in same} == {"example.org:443"}
    other = ("https://example.org:8443/", "http://example.org/", "https://hooks.example.org/", "https://[::1]/")
    assert len({receiver_of(url) for url in (*same, *other)}) == 5


@pytest.fixture
def certificate(tmp_path):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    at = now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1_000))
        .not_valid_after(at + timedelta(days=1_000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "pair.pem"
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_the_name_in_the_certificate_is_the_one_that_was_asked_for(monkeypatch, certificate):
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)
    ours = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(outgoing, "SECONDS", 20)
    monkeypatch.setattr(outgoing, "_tls", lambda: ours)
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, port, **facts: resolve("127.0.0.1", port, **facts))

    def answer(connection, _over):
        with theirs.wrap_socket(connection, server_side=True) as secure:
            request = b""
            while not request.endswith(b"{}"):
                request += secure.recv(65_536)
            assert request.startswith(b"POST /hook HTTP/1.1\r\nHost: hooks.example:")
            secure.sendall(b"HTTP/1.1 429 Later\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\nnow")

    with bad.misbehaving(answer) as there:
        told = post(f"https://hooks.example:{there.port}/hook", b"{}", {})
        with pytest.raises(NoAnswer, match="certificate"):
            post(f"https://elsewhere.example:{there.port}/hook", b"{}", {})
    assert (told.status, told.body, told.retry_after) == (429, b"now", "7")
