"""A client that judges every page it fetches, so that no test can pass on a broken page.

Every HTML answer must have a title, one h1, a language, valid markup, a label for every control, no id twice,
no inline script, style or handler, and the strict policy; whatever is private must not be kept in a cache.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from justhtml import JustHTML
from werkzeug.test import TestResponse

from app.db import transaction
from app.features.accounts.models import SignedIn
from app.web.headers import POLICY

CONTROLS = ("input", "select", "textarea")
UNLABELLED = {"hidden", "submit", "button"}


class PageClient:
    """`client.get("/suppliers")` gives the answer; `.page` is its parsed document when it was HTML."""

    def __init__(self, app: Flask, person: UUID | None) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.person = person
        self.session_id: UUID | None = None
        if person is not None:
            self.sign_in(person)

    def sign_in(self, person: UUID, at: datetime | None = None) -> None:
        """Opens a server-side session, as signing in does, without the cost of a password hash."""
        secret = secrets.token_urlsafe(32)
        now = at or datetime.now(UTC)
        with self.app.app_context(), transaction() as session:
            row = SignedIn(
                secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
                person_id=person,
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(hours=12),
                address="127.0.0.1",
                user_agent="tests",
            )
            session.add(row)
            session.flush()
            self.session_id = row.id
        with self.client.session_transaction() as cookie:
            cookie["sid"] = secret

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._judged(self.client.get(path, **options))

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """A form post with the CSRF token, as a browser sends it; `token=False` leaves the token out."""
        token = options.pop("token", True)
        fields = dict(data or {})
        if token:
            fields["csrf_token"] = self.token()
        return self._judged(self.client.post(path, data=fields, **options))

    def htmx(self, path: str, **options: Any) -> TestResponse:
        return self._judged(self.client.get(path, headers={"HX-Request": "true"}, **options))

    def api(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"X-Plumbline": "1", **options.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **options)

    def token(self) -> str:
        """The CSRF token of this client's session."""
        from flask import g
        from flask_wtf.csrf import generate_csrf

        with self.app.test_request_context():
            with self.client.session_transaction() as cookie:
                raw = cookie.setdefault("csrf_token", hashlib.sha1(secrets.token_bytes(64)).hexdigest())  # noqa: S324
            from flask import session

            session["csrf_token"] = raw
            g.pop("csrf_token", None)
            return str(generate_csrf())

    def _judged(self, response: TestResponse) -> TestResponse:
        if response.mimetype == "text/html" and response.data:
            judge(response)
        return response


def judge(response: TestResponse) -> None:
    """Raises AssertionError naming everything wrong with an HTML answer."""
    html = response.get_data(as_text=True)
    whole = html.lstrip().lower().startswith("<!doctype")
    wrong = problems(html, whole)
    if whole and "Content-Security-Policy" not in response.headers:
        wrong.append("no content security policy")
    elif whole and response.headers["Content-Security-Policy"] != POLICY:
        wrong.append("another content security policy")
    if "Cache-Control" not in response.headers:
        wrong.append("no Cache-Control")
    assert not wrong, f"{response.request.path}: " + "; ".join(wrong)


def problems(html: str, whole: bool = True) -> list[str]:
    """What is wrong with a page (`whole`) or a fragment, in words."""
    document = JustHTML(html, collect_errors=True, sanitize=False, fragment=not whole)
    wrong = [f"markup: {error}" for error in document.errors]
    elements = [node for node in document.query("*") if not node.name.startswith(("#", "!"))]
    seen: set[str] = set()
    for node in elements:
        attributes = node.attrs or {}
        identity = attributes.get("id")
        if identity is not None:
            if identity in seen:
                wrong.append(f"id {identity} twice")
            seen.add(identity)
        for name in attributes:
            if name.startswith(("on", "hx-on")) or name == "style":
                wrong.append(f"{name} on <{node.name}>")
        if node.name == "style" or (node.name == "script" and "src" not in attributes):
            wrong.append(f"inline <{node.name}>")
    labelled = {(node.attrs or {}).get("for") for node in elements if node.name == "label"}
    for node in elements:
        attributes = node.attrs or {}
        if node.name not in CONTROLS or attributes.get("type") in UNLABELLED:
            continue
        inside = any(parent.name == "label" for parent in _parents(node))
        if not (
            inside
            or attributes.get("id") in labelled
            or "aria-label" in attributes
            or "aria-labelledby" in attributes
        ):
            wrong.append(f"no label for {attributes.get('name') or node.name}")
    for node in elements:
        attributes = node.attrs or {}
        if node.name in ("button", "a") and "aria-label" not in attributes and not node.to_text().strip():
            wrong.append(f"<{node.name}> without a name")
        if node.name == "img" and "alt" not in attributes:
            wrong.append("<img> without alt")
    if whole:
        titles = [node.to_text().strip() for node in elements if node.name == "title"]
        if not titles or not titles[0] or titles[0].startswith("·"):
            wrong.append("no title")
        headings = [node for node in elements if node.name == "h1"]
        if len(headings) != 1:
            wrong.append(f"{len(headings)} h1")
        root = [node for node in elements if node.name == "html"]
        if not root or not (root[0].attrs or {}).get("lang"):
            wrong.append("no language")
    if re.search(r"\{\{|\{%|%\(\w+\)s", html):
        wrong.append("an unfilled placeholder")
    return wrong


def _parents(node: Any) -> Any:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent
