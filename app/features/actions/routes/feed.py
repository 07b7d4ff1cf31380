"""Due dates for a calendar program: one address for each person, which only reads, and which they can end.

A calendar program cannot press a button, so this address holds its secret. It tells numbers, titles and days
of the person's own open cases, nothing else (docs/security.md).
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response, current_app, render_template, request
from flask_babel import gettext as _

from app.adapters import clock
from app.db import reading, transaction
from app.domain.action_clock import due_day
from app.domain.errors import Invalid, NotFound
from app.domain.permissions import Act
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.actions import words
from app.features.actions.queries.listing import Filters, all_lines
from app.features.actions.routes import bp, feed_bp
from app.features.links import commands as links
from app.features.links.queries import by_secret
from app.web import limits
from app.web.guests import speak
from app.web.identity import actor, needs, open_to_anyone

AT_MOST = 500
RATES = "30 per minute"


@bp.get("/feed")
@needs(Act.SEE_ACTIONS)
def about_feed() -> str:
    return render_template("actions/feed.html", address="")


@bp.post("/feed")
@needs(Act.SEE_ACTIONS)
def make_feed() -> str:
    """A new address; the one before stops working."""
    who = actor()
    with transaction() as session:
        secret = links.give_feed(session, who.id, who.name, who.language, clock.now())
    address = f"{current_app.config['PLUMBLINE'].public_url}/l/calendar/{secret}.ics"
    return render_template("actions/feed.html", address=address)


@feed_bp.get("/<token>.ics")
@open_to_anyone
def calendar(token: str) -> Response:
    from icalendar import Calendar, Event  # 80 modules, 3 MB: for those who ask for it

    limits.count("feed", request.remote_addr or "", rates=RATES)
    session, now = reading(), clock.now()
    try:
        link = by_secret(session, token[:100], "calendar", now)
    except Invalid:
        raise NotFound() from None
    person = session.get(Person, link.person_id)
    if person is None or person.disabled_at is not None:
        raise NotFound()
    speak(person.language)
    book = Calendar()
    book.add("prodid", "-//Plumbline//Actions//EN")
    book.add("version", "2.0")
    book.add("x-wr-calname", _("Actions"))
    house = current_app.config["PLUMBLINE"]
    for line in all_lines(session, actor_of(session, person), Filters(mine=True), now, AT_MOST):
        if line.action.due_at is None:
            continue
        day = due_day(line.action.due_at, line.action.time_zone)
        event = Event()
        event.add("uid", f"{line.action.id}@plumbline")
        event.add("dtstamp", now)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        step = words.STEPS.get(line.action.step or "")
        event.add("summary", f"{line.action.number} {step}: {line.action.title}")
        event.add("url", f"{house.public_url}/actions/{line.action.id}")
        book.add_component(event)
    return Response(book.to_ical(), mimetype="text/calendar")
