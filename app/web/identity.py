"""Who is asking: the server-side session behind the cookie, and what each route demands.

Every route says what it needs with one of `needs(act)`, `signed_in`, `open_to_anyone` or `by_device`;
a test walks the URL map and fails on any that does not. The session row is loaded by whoever `wiring.py`
registers, because people live above this layer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from flask import current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from app.domain.errors import NotFound, NotSignedIn
from app.domain.permissions import Act, Actor, may_somewhere

LOADER = "plumbline.person_loader"
View = TypeVar("View", bound=Callable[..., Any])


class PersonLoader(Protocol):
    def __call__(self, secret: str) -> Actor | None:
        """The person signed in with this session secret, or None when it is unknown, ended or too old."""


def current_actor() -> Actor | None:
    """The person signed in, or None. Looked up once a request."""
    if "actor" not in g:
        secret = session.get("sid")
        g.actor = current_app.extensions[LOADER](secret) if secret else None
        if secret and g.actor is None:
            session.pop("sid", None)
    found: Actor | None = g.actor
    return found


def actor() -> Actor:
    """The person signed in. Raises NotSignedIn."""
    found = current_actor()
    if found is None:
        raise NotSignedIn()
    return found


def _mark(view: View, rule: str) -> View:
    view.access_rule = rule  # type: ignore[attr-defined]
    return view


def needs(act: Act) -> Callable[[View], View]:
    """Only for people who may do this act somewhere; the thing itself is authorised by its query."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not may_somewhere(actor(), act):
                raise NotFound("not_found")
            return view(*args, **kwargs)

        return _mark(guarded, f"needs:{act.value}")  # type: ignore[return-value]

    return guard


def signed_in(view: View) -> View:
    """For anyone with an account; what they see is decided by the query."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        actor()
        return view(*args, **kwargs)

    return _mark(guarded, "signed_in")  # type: ignore[return-value]


def open_to_anyone(view: View) -> View:
    return _mark(view, "anyone")


def by_device(view: View) -> View:
    """Authenticated by the device cookie (pushes and uploads outlive a session), checked inside the view."""
    return _mark(view, "device")


def safe_next(target: str | None) -> str | None:
    """A path on this server to go on to after signing in, or None (ASVS V1.2.2: never another site)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    # looked for before parsing: browsers and urlsplit drop tabs and line ends, which makes "/<tab>/" a "//"
    if any(ord(character) < 32 for character in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def to_sign_in() -> Response:
    onward = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=onward))
