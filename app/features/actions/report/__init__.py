"""The 8D report and the charge-back note of a case: what stands on their pages, as plain data in the reader's
language.

Implements the protocol of features/reports/report.py. The short forms print with the steps they have. A case
lives on after its report: what is printed is a paper, frozen when it was asked for, never the case of today.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app, g
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.action_clock import due_day
from app.domain.canonical import canonical, digest
from app.domain.dates import local_day
from app.domain.errors import Invalid
from app.domain.permissions import Actor
from app.domain.words import babel_locale, pick
from app.features.actions import queries, words
from app.features.actions.models import KIND, Action, ActionCost, ActionEvent, ActionFile
from app.features.actions.queries import page
from app.features.actions.queries.page import Story, Told
from app.features.evidence.queries import kept_among
from app.features.reports.report import Attachment, Content, Listed, Seal

CHARGE_BACK = "charge_back"  # the kind of report that asks the supplier for the costs of a case


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Everything said within is said in this language, whoever asked."""
    with force_locale(babel_locale(language)):
        before, g.language = g.get("language"), language
        try:
            yield
        finally:
            g.pop("language") if before is None else setattr(g, "language", before)


class Papers:
    """What both kinds of a case's reports share: they say what was frozen when they were asked for
    (commands/papers.py); `revision` is the paper's number.
    """

    name: str
    template: str
    attached: str

    def drafted(self, session: Session, action: Action, language: str) -> dict[str, Any]:
        """What a paper says at this moment, whoever asks: {title, context, photos, seals}."""
        with in_language(language):
            return self._drafted(session, action, language)

    def _drafted(self, session: Session, action: Action, language: str) -> dict[str, Any]:
        raise NotImplementedError

    def listed(self, session: Session, record_id: UUID, revision: int) -> Listed:
        action = queries.one(session, record_id)
        return Listed(
            number=action.number,
            title=action.title,
            company_id=action.company_id,
            company=action.company.name if action.company else "",
            subject=action.site.name if action.site else action.place,
            grade=None,
            date=queries.paper_of(session, record_id, self.name, revision).at,
        )

    def missing_photos(self, session: Session, record_id: UUID, revision: int) -> list[str]:
        said = json.loads(queries.paper_of(session, record_id, self.name, revision).body)
        wanted = next(iter(said.values()))["photos"]
        held = kept_among(session, wanted)
        return [sha256 for sha256 in wanted if sha256 not in held]

    def collect(self, session: Session, record_id: UUID, revision: int, language: str) -> Content:
        paper = queries.paper_of(session, record_id, self.name, revision)
        said = json.loads(paper.body)[language]
        context = said["context"]
        data = canonical(context)
        attachment = Attachment(self.attached, "application/json", data, "Data", said["title"], paper.at)
        return Content(
            template=self.template,
            context={"context": context},
            title=f"{said['title']} {context['number']}",
            subject=context["title"],
            language=language,
            digest=digest(data),
            photos=said["photos"],
            attachments=[attachment],
            seals=[Seal(**{**seal, "at": datetime.fromisoformat(seal["at"])}) for seal in said["seals"]],
        )

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        return set(session.scalars(self.readable(actor).where(Action.id.in_(list(ids)))))

    def readable(self, actor: Actor) -> Select[UUID]:
        """The ids of all cases the actor may read, as a query."""
        return select(Action.id).where(queries.visible(actor))


class ActionReports(Papers):
    """The story of a case, all its revisions: 8D, or the steps of its shorter form."""

    name, template, attached = KIND, "8d.html", "action.json"

    def _drafted(self, session: Session, action: Action, language: str) -> dict[str, Any]:
        moment = last_moment(queries.events_of(session, action.id), action.revision)
        story = page.load(session, action, moment)
        organisation = current_app.config["PLUMBLINE"].organisation
        context = context_of(story, action.revision, language, organisation)
        context["before"] = [
            context_of(story, number, language, organisation) for number in range(1, action.revision)
        ]
        seals = seals_of(story, action.revision, organisation)
        return {
            "title": _("8D report") if action.form == "full" else _("Action report"),
            "context": context,
            "photos": list(dict.fromkeys(one.sha256 for one in action.pictures)),
            "seals": [{**asdict(seal), "at": seal.at.isoformat() if seal.at else ""} for seal in seals],
        }


class ChargeBacks(Papers):
    """The note that asks a supplier for what a case cost."""

    name, template, attached = CHARGE_BACK, "charge_back.html", "charge-back.json"

    def _drafted(self, session: Session, action: Action, language: str) -> dict[str, Any]:
        if action.company is None:
            raise Invalid("charge_back_nobody")
        kept = [one for one in action.costs if one.struck_at is None]
        if not kept:
            raise Invalid("charge_back_empty")
        said = _("Charge-back note")
        return {
            "title": said,
            "context": {
                "language": language,
                "text_language": action.language,
                "organisation": current_app.config["PLUMBLINE"].organisation,
                "kind": said,
                "number": action.number,
                "title": action.title,
                "company": action.company.name,
                "site": action.site.name if action.site else action.place,
                "contact": action.contact.name if action.contact else "",
                "part": _part(action, language),
                "lot": action.lot.number if action.lot else "",
                "code": _code(action, language),
                "statement": action.statement,
                "owner": action.owner.name,
                "noticed": local_day(action.notice_at, action.time_zone).isoformat(),
                "costs": [_cost(one, action.time_zone) for one in kept],
                "sums": [
                    {"kind": str(name), "amount": sum(one.amount for one in kept if one.kind == key)}
                    for key, name in words.COSTS.items()
                    if any(one.kind == key for one in kept)
                ],
                "total": sum(one.amount for one in kept),
                "currency": action.currency,
            },
            "photos": [],
            "seals": [],
        }


PAPERS: dict[str, Papers] = {kind.name: kind for kind in (ActionReports(), ChargeBacks())}


def _code(action: Action, language: str) -> str:
    code = action.defect_code
    return f"{code.code} {pick(code.name, language)}" if code else ""


def _cost(one: ActionCost, zone: str) -> dict[str, Any]:
    return {
        "day": local_day(one.recorded_at, zone).isoformat(),
        "kind": str(words.COSTS[one.kind]),
        "note": one.note,
        "minutes": one.minutes or 0,
        "amount": one.amount,
    }


def last_moment(events: Iterable[ActionEvent], revision: int) -> datetime:
    """When the revision last changed: the instant the report speaks of, so that it is the same each time."""
    return max(event.at for event in events if event.revision <= revision)


def seals_of(story: Story, revision: int, organisation: str) -> list[Seal]:
    """The acts of ours the organisation vouches for: who checked, who made it the standard. What a guest sent
    stands in the history as what came through a link, and is never sealed as a signature.
    """
    acts = {
        "verified": ("verifier", _("Verifier"), _("I checked the effect. I did not do the work.")),
        "standardised": ("owner", _("Owner"), _("What was learned is the standard now.")),
    }
    last = {event.act: event for event in story.events if event.revision == revision}
    return [
        Seal(field, f"sig-{field}", event.person.name, role, organisation, meaning, event.at)
        for act, (field, role, meaning) in acts.items()
        if (event := last.get(act)) is not None and event.person is not None
    ]


def context_of(story: Story, revision: int, language: str, organisation: str) -> dict[str, Any]:
    """Everything the pages say, as text and numbers. Must run in the report's language."""
    action, told = story.action, story.told[revision - 1]
    zone = action.time_zone
    return {
        "language": language,
        "organisation": organisation,
        "number": action.number,
        "title": action.title,
        "text_language": action.language,
        "revision": revision,
        "severity": str(words.SEVERITIES[action.severity]),
        "form": str(words.FORMS[action.form]),
        "state": str(words.PHASES[action.phase][2]),
        "company": action.company.name if action.company else "",
        "site": action.site.name if action.site else action.place,
        "part": _part(action, language),
        "lot": action.lot.number if action.lot else "",
        "code": _code(action, language),
        "dates": _dates(story, zone),
        "team": _team(action),
        "problem": _problem(action, told, story),
        "contain": _contain(told),
        "cause": _cause(told),
        "measures": [
            {**row, "type": str(words.TYPES.get(row["type"], ""))}
            for row in told.content("measure").get("measures", [])
        ],
        "implement": dict(told.content("implement")),
        "lots": [{"number": lot.number, "quantity": lot.quantity, "not_ok": lot.not_ok} for lot in told.lots],
        "check": _check(told, story, zone),
        "act": dict(told.content("act")),
        "watch_until": action.watch_until.isoformat() if action.watch_until else "",
        "costs": [{"kind": str(words.COSTS[one.kind]), "amount": one.amount} for one in story.costs],
        "cost": story.cost,
        "currency": action.currency,
        "photos": _photos(story, revision, zone),
        "files": [_file(one, zone) for one in told.files],
        "seen": [_sighting(event, zone) for event in told.seen],
        "history": _history(story, revision, zone),
        "signed": [
            {"anchor": seal.anchor, "name": seal.name, "role": seal.role, "meaning": seal.meaning}
            for seal in seals_of(story, revision, organisation)
        ],
    }


def _part(action: Action, language: str) -> str:
    return f"{action.part.number} {pick(action.part.name, language)}".strip() if action.part else ""


def _dates(story: Story, zone: str) -> list[dict[str, str]]:
    """Each step with its allowance, when it was late and whether it was kept."""
    return [
        {
            "step": str(words.STEPS[line.step]),
            "due": due_day(line.due, zone).isoformat() if line.due else "",
            "taken": _length(line.taken),
            "kept": "" if line.kept is None else _("kept") if line.kept else _("late"),
        }
        for line in story.clock
    ]


def _length(length: timedelta | None) -> str:
    if length is None:
        return ""
    hours = round(length.total_seconds() / 3600)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} d"


def _team(action: Action) -> list[dict[str, str]]:
    named = [{"name": action.owner.name, "duty": _("Owner")}]
    if action.verifier:
        named.append({"name": action.verifier.name, "duty": _("Verifier")})
    if action.contact:
        named.append({"name": action.contact.name, "duty": action.contact.duty or _("Supplier")})
    return [*named, *({"name": member.name, "duty": member.duty} for member in action.team)]


def _problem(action: Action, told: Told, story: Story) -> dict[str, Any]:
    again = story.told[told.number - 2].recurred if told.number > 1 else None
    return {
        "requirement": action.requirement,
        "statement": str(again.facts.get("statement", "")) if again else action.statement,
        "evidence": action.evidence,
        "description": [
            [str(label), action.description[key]]
            for key, label in words.DESCRIPTION.items()
            if action.description.get(key)
        ],
    }


def _contain(told: Told) -> dict[str, Any]:
    content = told.content("contain")
    return {
        "response": content.get("response", ""),
        "places": [
            {
                **row,
                "place": str(words.PLACES[row["place"]]),
                "disposition": str(words.DISPOSITIONS.get(row["disposition"], "")),
            }
            for row in content.get("places", [])
        ],
        "totals": told.totals,
    }


def _cause(told: Told) -> dict[str, Any]:
    content = told.content("cause")
    return {
        "occurrence": list(content.get("occurrence", [])),
        "escape": list(content.get("escape", [])),
        "bones": list(content.get("bones", [])),
        "branches": [[key, str(name)] for key, name in words.BRANCHES.items()],
        "shown": content.get("shown", ""),
    }


def _check(told: Told, story: Story, zone: str) -> dict[str, str]:
    row = told.steps.get("check")
    if row is None or row.state != "accepted" or row.decided_at is None:
        return {}
    names = {event.person_id: event.person.name for event in story.events if event.person}
    return {
        "note": row.content.get("note", ""),
        "by": names.get(row.decided_by, ""),
        "at": _stamp(row.decided_at, zone),
    }


def _file(one: ActionFile, zone: str) -> dict[str, Any]:
    """A document on the case: it is kept beside the report, which says which bytes are meant."""
    return {
        "name": one.name,
        "size": one.size,
        "sha256": one.sha256,
        "step": str(words.STEPS[one.step]) if one.step else "",
        "at": _stamp(one.added_at, zone),
    }


def _sighting(event: ActionEvent, zone: str) -> dict[str, str]:
    """What a later inspection saw of its open point."""
    return {
        "seen": str(words.SEEN[event.facts["seen"]]),
        "inspection": event.facts["inspection"],
        "by": event.facts["by"],
        "at": _stamp(event.at, zone),
        "note": event.facts["note"],
    }


def _photos(story: Story, revision: int, zone: str) -> list[dict[str, Any]]:
    """`drawn`: what was drawn on it at the inspection it comes from (domain/marks.py), None when nothing."""
    return [
        {
            "sha256": one.sha256,
            "moment": str(words.MOMENTS[one.moment]),
            "at": _stamp(one.added_at, zone),
            "step": str(words.STEPS[one.step]) if one.step else "",
            "drawn": story.drawn.get(one.id),
        }
        for one in story.action.pictures
        if one.revision == revision
    ]


def _history(story: Story, revision: int, zone: str) -> list[dict[str, str]]:
    """Who sent, accepted, returned what and when; a guest is named by the link they came through."""
    rows = []
    for event in story.events:
        if event.revision != revision or event.act in ("written", "photo", "site_photo", "file"):
            continue
        link = story.links.get(event.link_id) if event.link_id else None
        who = event.person.name if event.person else ""
        if link is not None:
            who = _("through the link sent to %(who)s", who=link.sent_to or link.name)
        rows.append(
            {
                "at": _stamp(event.at, zone),
                "act": str(words.ACTS.get(event.act, event.act)),
                "step": str(words.STEPS[event.step]) if event.step else "",
                "who": who,
                "reason": str(event.facts.get("reason") or (event.facts.get("text") or {}).get("text", "")),
            }
        )
    return rows


def _stamp(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %z")
