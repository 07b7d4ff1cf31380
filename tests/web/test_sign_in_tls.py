"""Behind TLS the cookies are bound to this host and never sent in the clear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask

from app.config import Config
from app.factory import create_app
from tests.cast import assemble
from tests.client import PageClient
from tests.features.accounts.conftest import PASSWORD, stored_password


@pytest.fixture
def behind_proxy(database_url: str, config_for: Callable[..., Config]) -> Iterator[Flask]:
    """The app as a proxy that ends TLS speaks to it."""
    config = config_for(database_url, PUBLIC_URL="https://audits.example.com", PLUMBLINE_PROXIES="1")
    made = create_app(config)
    made.testing = True
    yield made
    made.extensions["plumbline.database"].engine.dispose()


def give_password(app: Flask, person_id: UUID) -> str:
    from app.db import transaction
    from app.features.accounts.models import Person

    with app.app_context(), transaction() as session:
        person = session.get_one(Person, person_id)
        person.password_hash = stored_password()
        return person.email


def test_cookies_are_host_bound_secure_and_closed_to_scripts(behind_proxy: Flask) -> None:
    email = give_password(behind_proxy, assemble(behind_proxy).owner)
    client = behind_proxy.test_client()
    forwarded = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "audits.example.com",
        "X-Forwarded-For": "198.51.100.9",
        "Origin": "null",  # as browsers send it from pages that give no referrer
        "Sec-Fetch-Site": "same-origin",
    }
    page = client.get("/sign-in", headers=forwarded, base_url="http://audits.example.com")
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    cookie = page.headers["Set-Cookie"].split(";")[0]
    answer = client.post(
        "/sign-in",
        data={"email": email, "password": PASSWORD, "csrf_token": token},
        headers={**forwarded, "Cookie": cookie},
        base_url="http://audits.example.com",
    )
    assert answer.status_code == 303
    cookies = {line.split("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-plumbline", "plumbline_known"}
    for line in cookies.values():
        assert "Secure" in line
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Domain=" not in line
    assert "Path=/;" in f"{cookies['__Host-plumbline']};"


def test_a_forwarded_address_is_believed_only_from_a_configured_proxy(app: Flask) -> None:
    client = PageClient(app, None)
    answers = [
        client.post(
            "/sign-in",
            {"email": "nobody@example.com", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{n}"},
        ).status_code
        for n in range(6)
    ]
    assert answers == [422] * 5 + [429]
