"""The door for guests: a page with a button (mail scanners fetch links, they press none), then pages without
a secret in their address.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid, NotFound
from app.features.links import commands, queries
from app.features.links.commands import Where
from app.web import limits
from app.web.guests import by_link, guest, let_in, speak
from app.web.identity import open_to_anyone

bp = Blueprint("links", __name__, url_prefix="/l")
RATES = "20 per minute; 200 per hour"
# Record kind → the address of its page for guests; wiring.py fills it.
PAGES: dict[str, Callable[[UUID], str]] = {}


@bp.get("/<token>")
@open_to_anyone
def door(token: str) -> str | tuple[str, int]:
    """Shows a button and nothing of what is behind it."""
    limits.count("link", request.remote_addr or "", rates=RATES)
    try:
        link = queries.by_secret(reading(), token[:100], "records", clock.now())
    except Invalid:
        return render_template("links/over.html"), 410
    speak(link.language)
    return render_template("links/door.html", token=token)


@bp.post("/opening")
@open_to_anyone
def enter() -> Response | tuple[str, int]:
    limits.count("link", request.remote_addr or "", rates=RATES)
    try:
        with transaction() as session:
            secret = request.form.get("token", "")[:100]
            link, own = commands.open_with(session, secret, where(), clock.now())
            first = link.records[0]
            target = PAGES[first.record_kind](first.record_id)
    except Invalid:
        return render_template("links/over.html"), 410
    return let_in(redirect(target, 303), own, int(commands.VISIT.total_seconds()))


@bp.get("")
@by_link
def start() -> Response:
    """On to what the link opens."""
    for kind, record_id in guest().records:
        if kind in PAGES:
            return redirect(PAGES[kind](record_id), 303)
    raise NotFound()


@bp.post("/stray")
@by_link
def stray() -> str:
    """ "Not for me": the link ends and its owner is told."""
    with transaction() as session:
        commands.say_stray(session, guest().link_id, where(), clock.now())
    return render_template("links/thanks.html")


def where() -> Where:
    """Where this request came from, for the list of uses."""
    return Where(request.remote_addr or "", request.headers.get("User-Agent", ""))
