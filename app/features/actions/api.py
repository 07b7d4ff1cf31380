"""Cases for devices: the open ones a person is named in, to be read where there is no signal."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from app.adapters import clock
from app.db import reading
from app.domain.action_clock import due_day
from app.domain.actions import SENT, Phase
from app.domain.permissions import Act
from app.features.actions import queries, words
from app.features.actions.models import Action, ActionPicture
from app.features.actions.queries import page
from app.features.evidence.queries import kept_among
from app.web.errors import API
from app.web.identity import actor, needs

bp = Blueprint("actions_api", __name__, url_prefix="/api/v1/actions")
PHOTOS_SHOWN = 6


@bp.get("")
@needs(Act.SEE_ACTIONS)
def mine() -> Response:
    """{actions: [...]}, the most urgent first, in words of the reader's language: a phone keeps them as they
    are and shows them without signal.
    """
    session = reading()
    found = queries.going_of(session, actor())
    here = kept_among(session, [one.sha256 for action in found for one in action.pictures])
    return jsonify(api=API, actions=[_told(action, here) for action in found])


def _told(action: Action, here: set[str]) -> dict[str, Any]:
    """`asked`: what the open step still lacks; `hand`: who is to do something; texts are {text, lang}."""
    session, now = reading(), clock.now()
    story = page.load(session, action, now)
    row = queries.step_row(action, action.step) if action.step else None
    photos = [one for one in action.pictures if one.sha256 in here]
    return {
        "id": str(action.id),
        "number": action.number,
        "title": _text(action, action.title),
        "company": action.company.name if action.company else None,
        "site": action.site.name if action.site else action.place or None,
        "severity": str(words.SEVERITIES[action.severity]),
        "phase": str(words.PHASES[action.phase][2]),
        "step": str(words.STEPS[action.step]) if action.step else None,
        "due": due_day(action.due_at, action.time_zone).isoformat() if action.due_at else None,
        "time_zone": action.time_zone,
        "hand": _hand(action),
        "asked": [str(words.NEEDS[need.code]) for need in story.needs if not need.met],
        "returned": _text(action, row.reason) if row is not None and row.state == "returned" else None,
        "requirement": _text(action, action.requirement),
        "statement": _text(action, action.statement),
        "evidence": _text(action, action.evidence),
        "photos": [_photo(one) for one in sorted(photos, key=_found_first)[:PHOTOS_SHOWN]],
        "notes": [
            {
                "row": note.row,
                "person": note.person,
                "at": int(note.at.timestamp() * 1000),
                "text": note.text,
                "photos": note.photos,
                "away": note.away,
            }
            for note in story.site_notes
        ],
    }


def _text(action: Action, text: str) -> dict[str, str] | None:
    return {"text": text, "lang": action.language} if text else None


def _hand(action: Action) -> str | None:
    """Whose move it is: the other side's until they have sent, then ours."""
    if action.phase == Phase.OPEN and action.step in SENT and action.contact is not None:
        return action.contact.name
    if action.step == "check" and action.verifier is not None:
        return action.verifier.name
    return action.owner.name


def _photo(one: ActionPicture) -> dict[str, str]:
    return {"id": str(one.id), "sha256": one.sha256, "moment": str(words.MOMENTS[one.moment])}


def _found_first(one: ActionPicture) -> tuple[bool, int]:
    return one.moment != "found", -int(one.added_at.timestamp())
