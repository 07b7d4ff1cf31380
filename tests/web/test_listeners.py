"""How a request came in is known from the connection, never from what the client writes."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from app.web.listeners import Listeners, is_loopback, name_of

FORGED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "bank.example",
    "Forwarded": "for=127.0.0.1;proto=https",
    "X-Real-IP": "127.0.0.1",
}
PHONE = "192.168.1.23"


@Request.application
def seen(request: Request) -> Response:
    """Answers with what the app would believe."""
    lines = [request.remote_addr or "", request.scheme, request.host, *sorted(request.headers.keys())]
    return Response("\n".join(lines))


def ask(
    peer: str,
    path: str = "/",
    *,
    proxies: int = 0,
    https_port: int | None = 8443,
    headers: dict[str, str] | None = None,
    **environ: Any,
) -> TestResponse:
    client = Client(Listeners(seen, proxies, https_port, lambda: b"certificate"))
    return client.get(
        path,
        headers=headers or {},
        base_url="http://192.168.1.5:8000",
        environ_overrides={"REMOTE_ADDR": peer, **environ},
    )


def believed(response: TestResponse) -> list[str]:
    assert response.status_code == 200
    return response.text.splitlines()


def test_over_the_tls_front_the_phone_is_the_peer_and_the_scheme_is_https() -> None:
    address, scheme, *_ = believed(ask(name_of(PHONE, 51234, "77.1")))
    assert (address, scheme) == (PHONE, "https")


def test_an_ipv6_phone_keeps_its_address() -> None:
    assert believed(ask(name_of("fe80::1", 51234, "77.1")))[0] == "fe80::1"


@pytest.mark.parametrize("peer", [name_of(PHONE, 51234, "77.1"), "127.0.0.1"])
@pytest.mark.parametrize("proxies", [0, 1])
def test_forwarding_headers_of_a_client_count_for_nothing(peer: str, proxies: int) -> None:
    response = ask(peer, headers=FORGED, proxies=proxies)
    lines = believed(response)
    trusted = proxies and peer == "127.0.0.1"
    assert lines[0] == (peer if peer == "127.0.0.1" else PHONE)
    assert lines[2] == "192.168.1.5:8000"
    assert any("Forwarded" in line for line in lines[3:]) is bool(trusted)


def test_a_client_cannot_pretend_to_be_the_front() -> None:
    lines = believed(ask("127.0.0.1", headers={"X-Forwarded-For": name_of(PHONE, 1, "1")[1:]}))
    assert lines[:2] == ["127.0.0.1", "http"]


def test_a_phone_that_comes_in_plainly_is_sent_to_https() -> None:
    response = ask(PHONE, "/sign-in?next=%2Fapp%2Fen%2F", RAW_URI="/sign-in?next=%2Fapp%2Fen%2F")
    assert response.status_code == 307
    assert response.headers["Location"] == "https://192.168.1.5:8443/sign-in?next=%2Fapp%2Fen%2F"


@pytest.mark.parametrize("raw", ["//bank.example/", "http://bank.example/", "*"])
def test_the_way_to_https_never_leaves_this_host(raw: str) -> None:
    location = ask(PHONE, RAW_URI=raw).headers["Location"]
    assert location.startswith("https://192.168.1.5:8443/")
    assert not location.startswith("https://192.168.1.5:8443//")


@pytest.mark.parametrize("host", ["a b", "bank.example/x", "a@bank.example", "[::1", ""])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    assert ask(PHONE, HTTP_HOST=host).status_code == 400


def test_this_machine_may_stay_on_the_plain_port() -> None:
    for peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert believed(ask(peer))[1] == "http"


def test_health_answers_plainly() -> None:
    assert ask(PHONE, "/health").status_code == 200


def test_the_certificate_is_there_for_phones_only_when_phones_are_served() -> None:
    for peer in (PHONE, "127.0.0.1", name_of(PHONE, 1, "1")):
        served = ask(peer, "/ca.crt")
        assert served.data == b"certificate"
        assert served.content_type == "application/x-x509-ca-cert"
    assert believed(ask(PHONE, "/ca.crt", https_port=None))[1] == "http", "the app's own"


def test_without_a_front_everybody_stays_where_they_came_in() -> None:
    assert believed(ask(PHONE, https_port=None))[:2] == [PHONE, "http"]


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("fe80::1%eth0", False),
        ("192.168.1.5", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_loopback(address: str, is_it: bool) -> None:
    assert is_loopback(address) is is_it
