"""What a phone fetches leaves compressed; what holds a token beside typed text does not."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version

SQUEEZED = {"Accept-Encoding": "gzip, deflate, br"}


def test_the_shell_is_compressed_and_is_the_same(anonymous: PageClient) -> None:
    plain = anonymous.client.get("/app/en/")
    squeezed = anonymous.client.get("/app/en/", headers=SQUEEZED)
    assert "Content-Encoding" not in plain.headers
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.data) == plain.data
    assert len(squeezed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in squeezed.headers["Vary"]
    known = {**SQUEEZED, "If-None-Match": squeezed.headers["ETag"]}
    again = anonymous.client.get("/app/en/", headers=known)
    assert (again.status_code, again.data) == (304, b"")


def test_what_the_api_says_is_compressed_when_it_is_long(
    cast: Cast, client_for: Callable[..., PageClient]
) -> None:
    client = client_for(cast.owner)
    phone = Phone(client).register()
    version = audit_version(client.app)
    phone.start(version, cast.site, cast.owner)
    for n in range(1, 11):
        phone.set(f"q/M{n:02}", "score", "10")
    phone.push()
    address = f"/api/v1/inspections/{phone.record}"
    plain, squeezed = client.client.get(address), client.client.get(address, headers=SQUEEZED)
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.data) == plain.data
    short = client.client.get("/api/v1/ping?n=1", headers=SQUEEZED)
    assert "Content-Encoding" not in short.headers


def test_pages_with_a_token_are_not(cast: Cast, client_for: Callable[..., PageClient]) -> None:
    for client, address in ((client_for(None), "/sign-in"), (client_for(cast.admin), "/people")):
        answer = client.get(address, headers=SQUEEZED)
        assert "csrf" in answer.text
        assert "Content-Encoding" not in answer.headers
