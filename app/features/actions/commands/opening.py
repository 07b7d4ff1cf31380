"""Opening a case: by hand, from findings, from a line abnormality; and what is no new case but a
recurrence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app import search
from app.db import new_id
from app.domain import actions as rules
from app.domain.action_clock import Deadlines, judge_first_date
from app.domain.action_triage import Triage, tasks
from app.domain.action_watch import Sameness, within
from app.domain.actions import KINDS, Circle, Form, Phase
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotAllowed
from app.domain.parties import tidy
from app.domain.permissions import Act, Actor, Scope, may
from app.features.accounts.models import Person
from app.features.actions import queries
from app.features.actions.commands import Hand, concerned, note, settle, tell
from app.features.actions.models import KIND, Action, ActionDate, ActionFinding, ActionPicture
from app.features.companies import queries as companies
from app.features.companies.models import Company, Contact, DefectCode, Lot, Part
from app.features.places.models import Site
from app.numbering import next_number

TITLE_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A case as somebody describes it. Either a site or a company says where; `due`: the first step's day, by
    rule when left out. `form`: at least what the rule asks for; of a `snag`, a defect in a flat, the short
    form whatever its class: it is repaired and looked at again.
    """

    title: str
    severity: str
    owner_id: UUID
    kind: str = "corrective"
    requirement: str = ""
    statement: str = ""
    evidence: str = ""
    description: Mapping[str, str] = field(default_factory=dict)
    company_id: UUID | None = None
    site_id: UUID | None = None
    part_id: UUID | None = None
    lot_id: UUID | None = None
    defect_code_id: UUID | None = None
    contact_id: UUID | None = None
    verifier_id: UUID | None = None
    place: str = ""
    trade: str = ""
    at_once: bool = False
    form: Form | None = None
    snag: bool = False
    due: date | None = None
    due_reason: str = ""
    commitment: bool = False
    triage: Triage | None = None


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """A finding as it was frozen, in plain values. Texts are {text, lang} or plain; photos are hashes."""

    id: UUID
    inspection_id: UUID
    inspection_number: str
    number: str
    question: str
    severity: str
    at_once: bool
    site_id: UUID
    title: str = ""
    requirement: Any = ""
    statement: Any = ""
    evidence: Any = ""
    photos: Sequence[str] = ()
    owner_name: str = ""
    owner_contact_id: UUID | None = None
    due: date | None = None
    language: str = "en"


def raise_action(session: Session, actor: Actor, wanted: Wanted, deadlines: str, now: datetime) -> Action:
    """Opens a case, or reopens the one whose countermeasure it shows to be ineffective. Raises Invalid with
    the field, NotAllowed, NotFound for a company the actor may not see.
    """
    company_id = _company_of(session, wanted)
    if company_id is not None:
        companies.get_visible_to(session, actor, company_id)
    assigned = company_id is not None
    if not may(actor, Act.RAISE_ACTION, Scope(company=company_id, assigned=assigned)):
        raise NotAllowed()
    hand = Hand(person_id=actor.id)
    return open_case(session, wanted, company_id, hand, actor.language, actor.time_zone, deadlines, now)


def open_from_finding(
    session: Session,
    finding: FindingFacts,
    now: datetime,
    person_id: UUID,
    *,
    always: bool = False,
    deadlines: str = "",
) -> UUID | None:
    """The case a finding opens by itself: major ones and those due at once. None for lesser ones, unless
    `always`; the same finding twice gives the case it has.
    """
    if not (always or finding.at_once or finding.severity in ("major", "a")):
        return None
    return open_from_findings(session, [finding], now, person_id, deadlines=deadlines)


def open_from_findings(
    session: Session, findings: Sequence[FindingFacts], now: datetime, person_id: UUID, *, deadlines: str = ""
) -> UUID:
    """One case for several findings of one site: the gravest decides. Findings that have a case keep it."""
    known = session.scalars(
        select(ActionFinding).where(
            or_(
                *(
                    and_(
                        ActionFinding.inspection_id == one.inspection_id,
                        ActionFinding.question == one.question,
                    )
                    for one in findings
                )
            )
        )
    ).first()
    if known is not None:
        return known.action_id
    order = list(rules.SEVERITIES)
    first = min(findings, key=lambda one: (not one.at_once, order.index(one.severity)))
    site = session.get(Site, first.site_id)
    person = session.get(Person, person_id)
    if site is None or person is None or any(one.site_id != first.site_id for one in findings):
        raise Invalid("not_a_choice", field="site")
    title = first.title or text_of(first.statement) or f"{first.number} {first.question}"
    contact = _contact(session, first.owner_contact_id, site.company_id)
    wanted = Wanted(
        title=title.splitlines()[0][:TITLE_AT_MOST],
        severity=first.severity,
        at_once=any(one.at_once for one in findings),
        owner_id=person_id,
        requirement="\n".join(dict.fromkeys(filter(None, (text_of(one.requirement) for one in findings)))),
        statement="\n".join(filter(None, (text_of(one.statement) for one in findings))),
        evidence="\n".join(filter(None, (text_of(one.evidence) for one in findings))),
        site_id=site.id,
        contact_id=contact,
        description={"who": first.owner_name} if first.owner_name and contact is None else {},
        due=first.due if first.due and first.due >= local_day(now, site.time_zone) else None,
    )
    hand = Hand(person_id=person_id)
    action = open_case(session, wanted, site.company_id, hand, first.language, site.time_zone, deadlines, now)
    for one in findings:
        _attach(session, action, one, hand, now)
    session.flush()
    return action.id


def same_case(session: Session, same: Sameness, happened: datetime, zone: str) -> Action | None:
    """The case whose countermeasure was in effect for the same supplier, part and defect when this
    happened.
    """
    if not same.complete:
        return None
    rows = session.scalars(
        select(Action)
        .where(
            Action.company_id == same.company,
            Action.part_id == same.part,
            Action.defect_code_id == same.code,
            Action.phase != Phase.CANCELLED.value,
            Action.cut_in.is_not(None),
        )
        .order_by(Action.cut_in.desc())
    )
    for row in rows:
        if row.cut_in is not None and within(row.cut_in, happened, row.time_zone):
            return queries.one(session, row.id, lock=True)
    return None


def recur(session: Session, action: Action, hand: Hand, now: datetime, facts: Mapping[str, Any]) -> None:
    """The same again within the watch: the countermeasure was not effective, the same case opens as the next
    revision, and everyone concerned is told.
    """
    circle = rules.recur(queries.circle_of(action))
    action.outcome = "ineffective"
    note(session, action, "ineffective", hand, now, facts=facts)
    action.cut_in = action.watch_until = None
    action.notice_at, action.complex_cause, action.commitment = now, False, True
    settle(session, action, circle, now)
    note(session, action, "reopened", hand, now, facts={"revision": circle.revision})
    for person in concerned(action):
        tell(session, action, "recurred", now, person=person)
    tell(session, action, "recurred", now, contact=action.contact_id)


def text_of(value: Any) -> str:
    """The words of typed text, whichever way it is kept."""
    if isinstance(value, Mapping):
        return str(value.get("text") or "")
    return str(value or "")


def open_case(
    session: Session,
    wanted: Wanted,
    company_id: UUID | None,
    hand: Hand,
    language: str,
    zone: str,
    deadlines: str,
    now: datetime,
) -> Action:
    """The case that this describes, whoever asked for it; `company_id`: whose case it is, which at an estate
    is not the site's company but who repairs. The one it shows to be ineffective opens again instead.
    """
    site = session.get(Site, wanted.site_id) if wanted.site_id else None
    zone = site.time_zone if site else zone
    _judge(session, wanted, company_id)
    same = Sameness(company_id, wanted.part_id, wanted.defect_code_id)
    earlier = same_case(session, same, now, zone)
    if earlier is not None:
        told = {"statement": wanted.statement or wanted.title, "evidence": wanted.evidence}
        recur(session, earlier, hand, now, told | _lot_fact(session, wanted.lot_id))
        return earlier
    batch = wanted.triage is not None and wanted.triage.spread == "batch"
    by_rule = rules.form_by_rule(wanted.severity, _repeated(session, same), batch)
    least = Form.SHORT if wanted.snag else by_rule
    form = max(least, wanted.form or least, key=list(Form).index)
    called = tasks(wanted.triage) if wanted.triage else ()
    today = local_day(now, zone)
    if wanted.due is not None:
        judge_first_date(wanted.due, today, wanted.due_reason)
    circle = Circle.begin(form)
    action = Action(
        id=new_id(),
        number=f"A-{next_number(session, 'action', today.year)}",
        kind=wanted.kind,
        severity=wanted.severity,
        at_once=wanted.at_once,
        form=form.value,
        step=None,
        phase=Phase.OPEN.value,
        revision=1,
        title=tidy(wanted.title),
        requirement=tidy(wanted.requirement, lines=True),
        statement=tidy(wanted.statement, lines=True),
        evidence=tidy(wanted.evidence, lines=True),
        language=language,
        description={name: tidy(text, lines=True) for name, text in wanted.description.items() if text},
        triage=_kept(wanted.triage, called),
        company_id=company_id,
        site_id=wanted.site_id,
        part_id=wanted.part_id,
        lot_id=wanted.lot_id,
        defect_code_id=wanted.defect_code_id,
        place=tidy(wanted.place),
        trade=tidy(wanted.trade),
        time_zone=zone,
        owner_id=wanted.owner_id,
        verifier_id=wanted.verifier_id,
        contact_id=wanted.contact_id,
        commitment=wanted.commitment or "commitment" in called,
        deadlines=deadlines,
        notice_at=now,
        step_at=now,
        doers=[],
        created_at=now,
        created_by=hand.person_id,
        steps=[],
        team=[],
        pictures=[],
        lots=[],
        costs=[],
        dates=[],
        findings=[],
    )
    session.add(action)
    session.flush()
    note(session, action, "raised", hand, now, circle.step)
    settle(session, action, circle, now)
    if wanted.due is not None:
        _first_date(session, action, wanted, hand, now)
    index(session, action)
    if action.owner_id != hand.person_id:
        tell(session, action, "raised", now, person=action.owner_id)
    tell(session, action, "raised", now, contact=action.contact_id)
    return action


def index(session: Session, action: Action) -> None:
    """What the case is found by."""
    company = session.get(Company, action.company_id) if action.company_id else None
    part = session.get(Part, action.part_id) if action.part_id else None
    texts = (action.number, action.title, action.statement, action.place)
    names = (company.name, company.other_name) if company else ()
    search.put(session, KIND, action.id, *texts, *names, part.number if part else None)


def _first_date(session: Session, action: Action, wanted: Wanted, hand: Hand, now: datetime) -> None:
    from app.domain.action_clock import due_day
    from app.features.actions.commands import refresh_due

    assert action.due_at is not None and action.step is not None and wanted.due is not None
    action.dates.append(
        ActionDate(
            id=new_id(),
            action_id=action.id,
            revision=action.revision,
            step=action.step,
            old=due_day(action.due_at, action.time_zone),
            new=wanted.due,
            reason=tidy(wanted.due_reason),
            asked_at=now,
            asked_by=str(hand),
            decided_at=now,
            approved=True,
            approver_id=hand.person_id,
        )
    )
    session.flush()
    refresh_due(session, action, now)


def _attach(session: Session, action: Action, finding: FindingFacts, hand: Hand, now: datetime) -> None:
    action.findings.append(
        ActionFinding(
            id=new_id(),
            action_id=action.id,
            finding_id=finding.id,
            inspection_id=finding.inspection_id,
            question=finding.question,
            revision=action.revision,
            facts={
                "inspection": finding.inspection_number,
                "number": finding.number,
                "question": finding.question,
                "severity": finding.severity,
                "statement": text_of(finding.statement),
            },
        )
    )
    for sha256 in finding.photos:
        action.pictures.append(
            ActionPicture(
                id=new_id(),
                action_id=action.id,
                revision=action.revision,
                moment="found",
                sha256=sha256,
                added_at=now,
                person_id=hand.person_id,
            )
        )


def _company_of(session: Session, wanted: Wanted) -> UUID | None:
    site = session.get(Site, wanted.site_id) if wanted.site_id else None
    if wanted.site_id and (site is None or wanted.company_id not in (None, site.company_id)):
        raise Invalid("not_a_choice", field="site")
    return site.company_id if site else wanted.company_id


def _judge(session: Session, wanted: Wanted, company_id: UUID | None) -> None:
    """Everything named must be there and belong together. Raises Invalid with its field."""
    if not tidy(wanted.title):
        raise Invalid("required", field="title")
    if len(tidy(wanted.title)) > TITLE_AT_MOST:
        raise Invalid("too_long", field="title")
    if wanted.kind not in KINDS:
        raise Invalid("not_a_choice", field="kind")
    for name, person_id in (("owner", wanted.owner_id), ("verifier", wanted.verifier_id)):
        person = session.get(Person, person_id) if person_id else None
        if person_id and (person is None or person.disabled_at):
            raise Invalid("not_a_choice", field=name)
    part = session.get(Part, wanted.part_id) if wanted.part_id else None
    if wanted.part_id and (part is None or part.company_id != company_id):
        raise Invalid("part_unknown", field="part")
    lot = session.get(Lot, wanted.lot_id) if wanted.lot_id else None
    if wanted.lot_id and (lot is None or lot.part_id != wanted.part_id):
        raise Invalid("not_a_choice", field="lot")
    if wanted.defect_code_id and session.get(DefectCode, wanted.defect_code_id) is None:
        raise Invalid("defect_code_unknown", field="defect_code")
    if wanted.contact_id and _contact(session, wanted.contact_id, company_id) is None:
        raise Invalid("not_a_choice", field="contact")


def _contact(session: Session, contact_id: UUID | None, company_id: UUID | None) -> UUID | None:
    contact = session.get(Contact, contact_id) if contact_id else None
    good = contact is not None and contact.company_id == company_id and contact.retired_at is None
    return contact_id if good else None


def _repeated(session: Session, same: Sameness) -> bool:
    """Whether there was a case of the same kind before, whatever became of it."""
    if not same.complete:
        return False
    found = select(Action.id).where(
        Action.company_id == same.company,
        Action.part_id == same.part,
        Action.defect_code_id == same.code,
        Action.phase != Phase.CANCELLED.value,
    )
    return session.scalars(found.limit(1)).first() is not None


def _kept(triage: Triage | None, called: Sequence[str]) -> dict[str, Any] | None:
    if triage is None:
        return None
    return {
        "part_defect": triage.part_defect,
        "spread": triage.spread,
        "by_supplier": triage.by_supplier,
        "unavoidable": triage.unavoidable,
        "tasks": [{"task": task, "done_at": None} for task in called],
    }


def _lot_fact(session: Session, lot_id: UUID | None) -> dict[str, str]:
    lot = session.get(Lot, lot_id) if lot_id else None
    return {"lot": lot.number} if lot else {}


__all__ = [
    "Deadlines",
    "FindingFacts",
    "Wanted",
    "open_from_finding",
    "open_from_findings",
    "raise_action",
    "recur",
]
