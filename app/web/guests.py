"""Guests: people without an account who came in through a link, and what their pages demand.

A guest's page is marked `by_link`; it sees exactly the records of its link and everything else is not found.
The guest is loaded by whoever `wiring.py` registers, because links live above this layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Protocol, TypeVar
from uuid import UUID

from flask import current_app, g, request
from werkzeug.wrappers import Response

from app.config import LANGUAGES
from app.domain.errors import NotFound
from app.web.cookies import secure
from app.web.i18n import CHOSEN

LOADER = "plumbline.guest_loader"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever holds the link. Who that really is, nobody knows: what they do is done "through the link sent
    to".
    """

    link_id: UUID
    contact_id: UUID | None
    name: str
    sent_to: str
    language: str
    expires_at: datetime
    records: frozenset[tuple[str, UUID]]


class GuestLoader(Protocol):
    def __call__(self, secret: str) -> Guest | None:
        """The guest of this cookie, or None when the link was revoked or is over."""


def guest() -> Guest:
    """The guest of this request. Raises NotFound: a stranger learns nothing."""
    if "guest" not in g:
        secret = request.cookies.get(_cookie())
        g.guest = current_app.extensions[LOADER](secret) if secret else None
    found: Guest | None = g.guest
    if found is None:
        raise NotFound()
    return found


def opened(kind: str, record_id: UUID) -> Guest:
    """The guest, if their link opens this record. Raises NotFound."""
    found = guest()
    if (kind, record_id) not in found.records:
        raise NotFound()
    return found


def by_link(view: View) -> View:
    """For guests, in the language of the link unless they chose another on this browser."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        speak(guest().language)
        return view(*args, **kwargs)

    guarded.access_rule = "link"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def speak(language: str) -> None:
    """The page answers in this language unless the browser chose another."""
    chosen = request.cookies.get(CHOSEN)
    g.language = chosen if chosen in LANGUAGES else language


def let_in(response: Response, secret: str, seconds: int) -> Response:
    """The narrow cookie: this browser, this link, no longer than the link lives."""
    response.set_cookie(
        _cookie(), secret, max_age=seconds, secure=secure(), httponly=True, samesite="Lax", path="/"
    )
    return response


def _cookie() -> str:
    return "__Host-plumbline-guest" if secure() else "plumbline-guest"
