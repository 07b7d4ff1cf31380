"""Pages about people: signing in, oneself, everybody."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app.adapters import clock
from app.adapters.passwords import new_secret, secret_hash
from app.config import LANGUAGES, Config
from app.db import transaction
from app.domain.errors import Invalid, Stale, Unavailable
from app.domain.permissions import Grant, Role
from app.features.accounts import queries
from app.features.accounts.commands import people as decisions
from app.features.accounts.commands import sessions
from app.features.accounts.models import Person
from app.web.forms import HouseForm
from app.web.i18n import CHOSEN
from app.web.identity import current_actor, open_to_anyone, safe_next

bp = Blueprint("accounts", __name__)

DESK_HOME = "/inspections"  # of higher features, so by their address
PHONE_HOME = "/app/"
THEMES = ("light", "dark", "sun")
YEAR = 365 * 24 * 3600
KNOWN = "plumbline_known"
KNOWN_FOR = 180 * 24 * 3600


def config() -> Config:
    found: Config = current_app.config["PLUMBLINE"]
    return found


def tried(form: HouseForm, work: Callable[[Session], None]) -> int:
    """Runs the work as one write. Gives 0 when it is done, else the status of its refusal, which the form
    then says.
    """
    try:
        with transaction() as write:
            work(write)
    except StaleDataError:
        return form.refuse(Stale())
    except (Invalid, Stale) as error:
        return form.refuse(error)
    return 0


def home_of(grants: tuple[Grant, ...]) -> str:
    """Where a person starts: who only works in the field on the phone's page, everybody else at the desk."""
    desk = any(grant.role in (Role.ADMIN, Role.MANAGER) for grant in grants)
    return DESK_HOME if desk else PHONE_HOME


def enter(write: Session, person: Person, secret: str, kept: bool) -> str:
    """Puts a new session into the cookie, in place of whatever was there. Gives where to go."""
    present = queries.present_session() if current_actor() else None
    if present is not None:
        sessions.sign_out(write, present.id, clock.now())
    session.clear()  # a cookie somebody planted before the sign-in is worth nothing after it
    session["sid"] = secret
    session.permanent = kept
    return home_of(queries.grants_of(write, person.id))


def _known() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(config().secret_key, salt="known browser")


def known_browser(email: str) -> str | None:
    """The mark of a browser in which this e-mail has signed in before. A stranger cannot make one, so that
    strangers guessing a password somewhere else do not hold its owner up here.
    """
    try:
        who, browser = _known().loads(request.cookies.get(KNOWN, ""), max_age=KNOWN_FOR)
    except (BadSignature, ValueError):
        return None
    return str(browser) if who == secret_hash(email) else None


def remember_browser(response: Response, email: str) -> Response:
    mark = _known().dumps([secret_hash(email), known_browser(email) or new_secret()])
    response.set_cookie(
        KNOWN, mark, max_age=KNOWN_FOR, secure=_secure(), httponly=True, samesite="Lax", path="/sign-in"
    )
    return response


def _secure() -> bool:
    return config().https or request.is_secure


def _back(fallback: str) -> str:
    return safe_next(request.form.get("next")) or fallback


@bp.after_app_request
def mark_seen(response: Response) -> Response:
    """Writes, every ten minutes at most, that the session is in use: reading stays cheap."""
    present, now = queries.present_session(), clock.now()
    if present is not None and sessions.due_for_seen(present.last_seen_at, now):
        # reading goes on while the database is busy: the next request writes it
        with suppress(Unavailable), transaction() as write:
            sessions.seen(write, present.id, now)
    return response


@bp.get("/")
@open_to_anyone
def home() -> Response:
    person = current_actor()
    return redirect(home_of(person.grants) if person else url_for("accounts.sign_in"))


@bp.post("/language")
@open_to_anyone
def choose_language() -> Response:
    """The language of this browser, and of the person when somebody is signed in."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid("not_a_language")
    person = current_actor()
    if person is not None:
        with transaction() as write:
            row = write.get_one(Person, person.id)
            decisions.change(write, row, row.name, chosen, row.time_zone, person.id, clock.now())
    response = redirect(_back(url_for("accounts.home")), 303)
    response.set_cookie(CHOSEN, chosen, max_age=YEAR, secure=_secure(), httponly=True, samesite="Lax")
    return response


@bp.post("/theme")
@open_to_anyone
def choose_theme() -> Response:
    """The theme of this browser; anything else than the three is left to the device."""
    chosen = request.form.get("theme", "")
    response = redirect(_back(url_for("accounts.home")), 303)
    kept = chosen if chosen in THEMES else "none"
    # readable by script: theme.js shows the choice at once and in the shell, which no server draws
    response.set_cookie("plumbline_theme", kept, max_age=YEAR, secure=_secure(), samesite="Lax")
    return response


def told(text: str, endpoint: str, **values: object) -> Response:
    """Says that something was done, on the page it leads to."""
    flash(text, "good")
    return redirect(url_for(endpoint, **values), 303)  # type: ignore[arg-type]


def link_to(path: str, secret: str) -> str:
    """The whole address of a one-time link."""
    return f"{config().public_url}/{path}/{secret}"


@bp.app_template_filter("browser")
def browser(user_agent: str) -> str:
    """A browser as a person would name it, from its user-agent line."""
    name = next((name for mark, name in _BROWSERS if mark in user_agent), "") or _("A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{name}, {system}" if system else name


_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


from app.features.accounts.routes import me, people, sign_in  # noqa: E402, F401 (they hang their pages here)
