"""What belongs to a case beside its steps: photos, delivered lots, costs, the team, triage tasks, the other
side's link.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.action_steps import COSTS, PICTURES
from app.domain.actions import Step
from app.domain.errors import Invalid, Stale
from app.domain.parties import tidy
from app.domain.permissions import Act, Actor
from app.features.accounts.models import Person
from app.features.actions import queries
from app.features.actions.commands import Hand, note, tell
from app.features.actions.commands.opening import index
from app.features.actions.commands.walking import held
from app.features.actions.models import KIND, Action, ActionCost, ActionLot, ActionMember, ActionPicture
from app.features.companies.commands import registers
from app.features.companies.models import Contact, DefectCode, Part
from app.features.evidence.commands import note_use
from app.features.links import commands as links
from app.features.links import queries as link_queries
from app.features.links.models import Link

PHOTOS_AT_MOST = 40  # of one step, through a link or at the desk
LOT_AT_MOST = 10**7


def add_picture(
    session: Session,
    action: Action,
    step: Step | None,
    moment: str,
    sha256: str,
    hand: Hand,
    now: datetime,
    caption: str = "",
) -> ActionPicture:
    """A photo that was checked and kept. Raises Invalid: action_closed, photos_too_many. Nothing is
    overwritten.
    """
    if queries.circle_of(action).ended:
        raise Invalid("action_closed")
    if moment not in PICTURES:
        raise Invalid("not_a_choice", field="moment")
    name = step.value if step else None
    there = [one for one in action.pictures if one.revision == action.revision and one.step == name]
    if any(one.sha256 == sha256 for one in there):
        return next(one for one in there if one.sha256 == sha256)
    row = queries.step_row(action, step) if step else None
    decided = row.decided_at if row else None  # what came back is shown anew: earlier photos take no room
    if sum(decided is None or one.added_at > decided for one in there) >= PHOTOS_AT_MOST:
        raise Invalid("photos_too_many", field="photos")
    made = ActionPicture(
        id=new_id(),
        action_id=action.id,
        revision=action.revision,
        step=name,
        moment=moment,
        sha256=sha256,
        caption=tidy(caption)[:300],
        added_at=now,
        person_id=hand.person_id,
        link_id=hand.link_id,
    )
    action.pictures.append(made)
    session.flush()
    note_use(session, made.id, sha256, (KIND, action.id))
    note(session, action, "photo", hand, now, step, {"sha256": sha256, "moment": moment})
    return made


def record_lot(
    session: Session,
    action: Action,
    number: str,
    quantity: int,
    not_ok: int,
    inspected_on: date,
    hand: Hand,
    now: datetime,
) -> None:
    """One of the next deliveries, 100 % inspected. Raises Invalid: quantity_wrong, already_exists."""
    if queries.circle_of(action).ended:
        raise Invalid("action_closed")
    number = tidy(number)
    if not number:
        raise Invalid("required", field="number")
    if not 0 < quantity <= LOT_AT_MOST or not 0 <= not_ok <= quantity:
        raise Invalid("quantity_wrong", field="not_ok")
    if any(lot.number == number and lot.revision == action.revision for lot in action.lots):
        raise Invalid("already_exists", field="number")
    action.lots.append(
        ActionLot(
            id=new_id(),
            action_id=action.id,
            revision=action.revision,
            number=number[:60],
            quantity=quantity,
            not_ok=not_ok,
            inspected_on=inspected_on,
            recorded_at=now,
            person_id=hand.person_id,
            link_id=hand.link_id,
        )
    )
    session.flush()
    note(session, action, "lot", hand, now, facts={"number": number, "quantity": quantity, "not_ok": not_ok})


def add_cost(
    session: Session,
    actor: Actor,
    action_id: UUID,
    kind: str,
    amount: int,
    minutes: int | None,
    text: str,
    now: datetime,
) -> Action:
    """What the case cost, in the smallest unit of its currency."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    if kind not in COSTS:
        raise Invalid("not_a_choice", field="cost_kind")
    if not 0 < amount <= 10**12:
        raise Invalid("quantity_wrong", field="amount")
    action.costs.append(
        ActionCost(
            id=new_id(),
            action_id=action.id,
            kind=kind,
            amount=amount,
            minutes=minutes,
            note=tidy(text)[:300],
            recorded_at=now,
            person_id=actor.id,
        )
    )
    session.flush()
    note(session, action, "cost", Hand(person_id=actor.id), now, facts={"kind": kind, "amount": amount})
    return action


def strike_cost(session: Session, actor: Actor, action_id: UUID, cost_id: UUID, now: datetime) -> Action:
    """Takes a cost out of the sum; it stays readable."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    cost = next((one for one in action.costs if one.id == cost_id), None)
    if cost is None:
        raise Invalid("not_a_choice")
    if cost.struck_at is None:
        cost.struck_at = now
        facts = {"kind": cost.kind, "amount": -cost.amount}
        note(session, action, "cost", Hand(person_id=actor.id), now, facts=facts)
    return action


def name_subject(
    session: Session,
    actor: Actor,
    action_id: UUID,
    part_id: UUID | None,
    defect_code_id: UUID | None,
    now: datetime,
    lot: str | None = None,
) -> Action:
    """Which part, lot and defect it is about: what opened from a finding knows none of them, and a recurrence
    is found by part and defect. `lot`: its number, made when it is new, "" for none; None leaves it, unless
    the part changes. Raises Stale (action_closed), Invalid (part_unknown, defect_code_unknown, lot_of_part).
    """
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    if queries.circle_of(action).ended:
        raise Stale("action_closed")
    part = session.get(Part, part_id) if part_id else None
    if part_id and (part is None or part.company_id != action.company_id):
        raise Invalid("part_unknown", field="part")
    if defect_code_id and session.get(DefectCode, defect_code_id) is None:
        raise Invalid("defect_code_unknown", field="defect_code")
    if lot and tidy(lot) and part is None:
        raise Invalid("lot_of_part", field="lot")
    if lot is not None or part_id != action.part_id:
        action.lot_id = registers.lot_named(session, part_id, lot, now)
    action.part_id, action.defect_code_id = part_id, defect_code_id
    session.flush()
    session.refresh(action, ["part", "lot", "defect_code"])
    index(session, action)
    facts = {"part": str(part_id or ""), "defect_code": str(defect_code_id or "")}
    facts["lot"] = action.lot.number if action.lot else ""
    note(session, action, "subject", Hand(person_id=actor.id), now, facts=facts)
    return action


def name_member(
    session: Session,
    actor: Actor,
    action_id: UUID,
    person_id: UUID | None,
    name: str,
    duty: str,
    now: datetime,
) -> Action:
    """Somebody joins the team: a person of ours, who then sees the case, or a name from the other side."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    person = session.get(Person, person_id) if person_id else None
    if person_id and (person is None or person.disabled_at):
        raise Invalid("not_a_choice", field="person")
    shown = person.name if person else tidy(name)[:120]
    if not shown:
        raise Invalid("required", field="name")
    if person and any(member.person_id == person.id for member in action.team):
        raise Invalid("already_exists", field="person")
    action.team.append(
        ActionMember(
            id=new_id(),
            action_id=action.id,
            person_id=person.id if person else None,
            name=shown,
            duty=tidy(duty)[:120],
            added_at=now,
        )
    )
    session.flush()
    facts = {"person": str(person.id) if person else None}
    note(session, action, "team", Hand(person_id=actor.id), now, facts=facts)
    return action


def appoint(
    session: Session,
    actor: Actor,
    action_id: UUID,
    owner_id: UUID,
    verifier_id: UUID | None,
    contact_id: UUID | None,
    now: datetime,
) -> Action:
    """Who answers for the case, who checks it, whom the other side named."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    for name, person_id in (("owner", owner_id), ("verifier", verifier_id)):
        person = session.get(Person, person_id) if person_id else None
        if person_id and (person is None or person.disabled_at):
            raise Invalid("not_a_choice", field=name)
    contact = session.get(Contact, contact_id) if contact_id else None
    if contact_id and (contact is None or contact.company_id != action.company_id or contact.retired_at):
        raise Invalid("not_a_choice", field="contact")
    new_owner = owner_id != action.owner_id
    new_contact = contact_id != action.contact_id
    action.owner_id, action.verifier_id, action.contact_id = owner_id, verifier_id, contact_id
    session.flush()
    facts = {"owner": str(owner_id), "verifier": str(verifier_id or ""), "contact": str(contact_id or "")}
    note(session, action, "appointed", Hand(person_id=actor.id), now, facts=facts)
    if new_owner and owner_id != actor.id:
        tell(session, action, "raised", now, person=owner_id)
    if new_contact:
        for known in link_queries.of_record(session, action.id, now):
            if known.good and known.link.contact_id != contact_id:
                links.revoke(session, known.link, actor.id, now)  # whoever was the contact no longer is
        tell(session, action, "raised", now, contact=contact_id)
    return action


def tick_task(session: Session, actor: Actor, action_id: UUID, task: str, now: datetime) -> Action:
    """A task the triage called for is done."""
    action = held(session, actor, action_id, Act.WORK_ON_ACTION)
    triage = dict(action.triage or {})
    rows = [dict(row) for row in triage.get("tasks", [])]
    found = next((row for row in rows if row["task"] == task and row["done_at"] is None), None)
    if found is None:
        raise Invalid("not_a_choice")
    found["done_at"] = now.isoformat()
    action.triage = triage | {"tasks": rows}
    note(session, action, "task", Hand(person_id=actor.id), now, facts={"task": task})
    return action


def send_link(session: Session, actor: Actor, action_id: UUID, now: datetime) -> Action:
    """Writes to the contact again, with a link of its own. Raises Invalid: contact_missing,
    contact_without_mail.
    """
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    if action.contact is None:
        raise Invalid("contact_missing")
    if not action.contact.email:
        raise Invalid("contact_without_mail")
    tell(session, action, "reminder", now, contact=action.contact_id, by=str(actor.id))
    note(session, action, "link_sent", Hand(person_id=actor.id), now)
    return action


def show_link(session: Session, actor: Actor, action_id: UUID, language: str, now: datetime) -> str:
    """The secret of a link for the contact, to be shown once and sent by chat."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    if action.contact is None:
        raise Invalid("contact_missing")
    link = link_for(session, action, action.contact, language, actor.id, now)
    secret = links.fresh_secret(session, link.id, now)
    assert secret is not None
    note(session, action, "link_shown", Hand(person_id=actor.id), now, facts={"link": str(link.id)})
    return secret


def link_for(
    session: Session, action: Action, contact: Contact, language: str, by: UUID | None, now: datetime
) -> Link:
    """The contact's link to this case."""
    to = links.Recipient(contact.id, contact.name, contact.email, contact.language or language)
    return links.give(session, to, (KIND, action.id), by, now)


def revoke_link(session: Session, actor: Actor, action_id: UUID, link_id: UUID, now: datetime) -> Action:
    """Ends a link to this case at once. Raises Invalid("link_not_yours") for a link to anything else."""
    action = held(session, actor, action_id, Act.MANAGE_ACTION)
    link = session.get(Link, link_id)
    if link is None or (KIND, action.id) not in {(one.record_kind, one.record_id) for one in link.records}:
        raise Invalid("link_not_yours")
    links.revoke(session, link, actor.id, now)
    note(session, action, "link_revoked", Hand(person_id=actor.id), now, facts={"link": str(link.id)})
    return action


def stray(session: Session, link: Link, now: datetime) -> None:
    """Somebody says a link was not meant for them: the owner is told."""
    for record in link.records:
        if record.record_kind == KIND:
            action = queries.one(session, record.record_id, lock=True)
            note(session, action, "link_stray", Hand(link_id=link.id), now)
            tell(session, action, "stray", now, person=action.owner_id)
