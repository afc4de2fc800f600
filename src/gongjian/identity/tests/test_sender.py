import pytest
from django.test import RequestFactory

from gongjian.identity.requests import client_ip


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_only_the_word_of_our_own_proxies_counts(settings, proxies, header, address):
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": header} if header else {}
    assert client_ip(RequestFactory().get("/", headers=headers)) == address
