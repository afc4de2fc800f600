"""The shipped files keep to the ceilings and times of the program they stand before."""

import re
from pathlib import Path

import pytest

from gongjian.documents.rules import FILES_MOST
from gongjian.project.commands import web

DEPLOY = Path(__file__).parents[4] / "deploy"
NGINX, CADDY = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
IDLE_S = web.HEADERS_MS / 1000


def number(pattern, text):
    return int(re.search(pattern, text).group(1))


def test_as_much_is_let_through_as_a_page_takes():
    assert number(r"client_max_body_size (\d+)m;", NGINX) * 1_048_576 >= FILES_MOST
    assert number(r"max_size (\d+)MB", CADDY) * 1_000_000 >= FILES_MOST


def test_no_connection_is_used_that_the_server_is_closing():
    upstream = NGINX[NGINX.index("upstream") : NGINX.index("server {")]
    assert number(r"keepalive_timeout (\d+)s;", upstream) < IDLE_S
    assert number(r"keepalive (\d+)s", CADDY) < IDLE_S


@pytest.mark.parametrize(
    "line",
    [
        "client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout", "large_client_header_buffers",
        "limit_conn gongjian_connections", "limit_req zone=gongjian_requests", "proxy_request_buffering on",
    ],
)  # fmt: skip
def test_nginx_waits_for_nobody_without_end(line):
    assert re.search(rf"^\s+{re.escape(line)}\b.*;$", NGINX, re.MULTILINE)


@pytest.mark.parametrize("line", ["read_header", "read_body", "write", "idle", "max_header_size"])
def test_caddy_waits_for_nobody_without_end(line):
    assert re.search(rf"^\t+{line} \w+$", CADDY, re.MULTILINE)


def test_a_unit_starts_the_web_server_as_the_launcher_does():
    assert re.search(
        r"^ExecStart=\S+/gongjian web ", (DEPLOY / "systemd" / "gongjian-web.service").read_text(), re.MULTILINE
    )


@pytest.mark.parametrize(
    "words",
    [
        "--http1-header-read-timeout 10000",
        "--http1-buffer-size 65536",
        "--workers-max-rss 300",
        "--respawn-failed-workers",
    ],
)
def test_the_web_server_has_its_limits(words, monkeypatch):
    monkeypatch.setenv("GONGJIAN_WEB_MEMORY", "300")
    assert words in " ".join(web.command("127.0.0.1", 8000))
