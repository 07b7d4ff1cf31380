"""Actions: a case that goes Plan, Do, Check, Act; its steps as they stand, and everything that happened to
it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.db import Base, Editable, Id, Json
from app.features.accounts.models import Person
from app.features.companies.models import Company, Contact, DefectCode, Lot, Part
from app.features.places.models import Estate, Site

KIND = "action"  # of records: in journal, search, links


class Action(Editable, Base):
    """One case. `form`, `step`, `phase`, `revision` are where it stands in the circle (domain/actions.py).

    `due_at`: when the open step is late, as far as known; null while nothing is open or the other side
    reviews. `cut_in`: the day the countermeasure took effect; `watch_until`: the last day its effect is
    watched.
    """

    __tablename__ = "actions"
    __table_args__ = (
        Index("ix_actions_phase_due_at", "phase", "due_at"),
        Index("ix_actions_company_id_part_id_defect_code_id", "company_id", "part_id", "defect_code_id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(20))
    at_once: Mapped[bool] = mapped_column(default=False)
    form: Mapped[str] = mapped_column(String(10))
    step: Mapped[str | None] = mapped_column(String(20))
    phase: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(200))
    requirement: Mapped[str] = mapped_column(Text, default="")
    statement: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(12))
    description: Mapped[dict[str, Any]] = mapped_column(
        Json
    )  # 5W2H: who, what, when, where, why, how, how_many
    triage: Mapped[dict[str, Any] | None] = mapped_column(Json)
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"))
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("sites.id"), index=True)
    part_id: Mapped[UUID | None] = mapped_column(ForeignKey("parts.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    defect_code_id: Mapped[UUID | None] = mapped_column(ForeignKey("defect_codes.id"))
    place: Mapped[str] = mapped_column(String(200), default="")
    trade: Mapped[str] = mapped_column(String(60), default="")
    time_zone: Mapped[str] = mapped_column(String(64))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    verifier_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    complex_cause: Mapped[bool] = mapped_column(default=False)
    commitment: Mapped[bool] = mapped_column(default=False)  # the next three lots 100 % inspected, in writing
    deadlines: Mapped[str] = mapped_column(String(200), default="")  # as they were allowed at the notice
    notice_at: Mapped[datetime]  # of this revision: the clocks of Plan and Do run from here
    step_at: Mapped[datetime]  # since when the open step is open
    due_at: Mapped[datetime | None]
    cut_in: Mapped[date | None] = mapped_column(Date)
    watch_until: Mapped[date | None] = mapped_column(Date)
    doers: Mapped[list[Any]] = mapped_column(Json)  # who sent the implementation: none of them may check it
    outcome: Mapped[str] = mapped_column(String(20), default="")  # effective, ineffective, cancelled, as_is
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    # what it is found by: " man method ", of the causes that are confirmed and of its measures
    branches: Mapped[str] = mapped_column(String(120), default="", server_default="")
    measure_types: Mapped[str] = mapped_column(String(120), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    closed_at: Mapped[datetime | None]

    company: Mapped[Company | None] = relationship()
    site: Mapped[Site | None] = relationship()
    estate: Mapped[Estate | None] = relationship(
        primaryjoin=lambda: foreign(Action.site_id) == Estate.site_id, viewonly=True
    )
    part: Mapped[Part | None] = relationship()
    lot: Mapped[Lot | None] = relationship()
    defect_code: Mapped[DefectCode | None] = relationship()
    owner: Mapped[Person] = relationship(foreign_keys=[owner_id])
    verifier: Mapped[Person | None] = relationship(foreign_keys=[verifier_id])
    contact: Mapped[Contact | None] = relationship()
    steps: Mapped[list[ActionStep]] = relationship(back_populates="action", order_by="ActionStep.id")
    team: Mapped[list[ActionMember]] = relationship(order_by="ActionMember.id")
    findings: Mapped[list[ActionFinding]] = relationship(order_by="ActionFinding.id")
    defect: Mapped[ActionDefect | None] = relationship(viewonly=True)
    pictures: Mapped[list[ActionPicture]] = relationship(order_by="ActionPicture.id")
    files: Mapped[list[ActionFile]] = relationship(order_by="ActionFile.id")
    lots: Mapped[list[ActionLot]] = relationship(order_by="ActionLot.id")
    costs: Mapped[list[ActionCost]] = relationship(order_by="ActionCost.id")
    dates: Mapped[list[ActionDate]] = relationship(order_by="ActionDate.id")


class ActionStep(Editable, Base):
    """One step of one revision as it stands: what was typed last, when it was sent and decided.

    `state`: open, sent, accepted, returned. `by`: "p:<person>" or "l:<link>", the side that sent it.
    """

    __tablename__ = "action_steps"
    __table_args__ = (UniqueConstraint("action_id", "revision", "step"),)

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"))
    revision: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="open")
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str] = mapped_column(String(40), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    returned: Mapped[int] = mapped_column(default=0)

    action: Mapped[Action] = relationship(back_populates="steps")


class ActionEvent(Base):
    """What happened, in the words of whoever did it; append-only. The chain in the journal holds its hash
    only.
    """

    __tablename__ = "action_events"

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    revision: Mapped[int]
    act: Mapped[str] = mapped_column(String(40))
    step: Mapped[str | None] = mapped_column(String(20))
    at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("links.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)

    person: Mapped[Person | None] = relationship()


class ActionMember(Base):
    """Somebody on the team of a case: a person of ours, or a name from the other side, with a function."""

    __tablename__ = "action_members"

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    duty: Mapped[str] = mapped_column(String(120), default="")
    added_at: Mapped[datetime]


class ActionFinding(Base):
    """A finding this case answers, as it was frozen. `finding_id` names a row of the inspection's findings;
    a later revision of the same inspection freezes the same question again under another id, and has this
    case already.
    """

    __tablename__ = "action_findings"
    __table_args__ = (UniqueConstraint("inspection_id", "question"),)

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    finding_id: Mapped[UUID] = mapped_column(unique=True)
    inspection_id: Mapped[UUID]
    question: Mapped[str] = mapped_column(String(40))
    revision: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(Json)


class ActionDefect(Base):
    """The defect of a flat this case repairs, as it was frozen; a later revision of the same walk freezes it
    again under another id, and has this case already. `row`: its id in the walk, the same in all of them.

    One that showed after the keys were handed over was found by no walk; `later` says so instead: {found_on,
    reported_by, category, by_trade, clocks: [[clock, state, until]]}, who answers for it as it was judged
    when it was reported (domain/warranty.py).
    """

    __tablename__ = "action_defects"
    __table_args__ = (UniqueConstraint("inspection_id", "row"),)

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), unique=True)
    defect_id: Mapped[UUID | None] = mapped_column(unique=True)
    inspection_id: Mapped[UUID | None]
    row: Mapped[UUID | None]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    room: Mapped[str | None] = mapped_column(String(12))
    later: Mapped[dict[str, Any] | None] = mapped_column(Json)


class ActionPicture(Base):
    """A photo of a case: found, before, after, or evidence for a step."""

    __tablename__ = "action_pictures"

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    revision: Mapped[int]
    step: Mapped[str | None] = mapped_column(String(20))
    moment: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    caption: Mapped[str] = mapped_column(String(300), default="")
    added_at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("links.id"))


class ActionFile(Base):
    """A document on a case: its bytes lie in the blob store. `kind`: adapters/documents.py; append-only."""

    __tablename__ = "action_files"

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    revision: Mapped[int]
    step: Mapped[str | None] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("links.id"))


class ActionLot(Base):
    """One of the next deliveries under written 100 % inspection."""

    __tablename__ = "action_lots"
    __table_args__ = (UniqueConstraint("action_id", "revision", "number"),)

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    revision: Mapped[int]
    number: Mapped[str] = mapped_column(String(60))
    quantity: Mapped[int]
    not_ok: Mapped[int]
    inspected_on: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("links.id"))


class ActionCost(Base):
    """What the case cost, in the smallest unit of the case's currency. Struck out, never deleted."""

    __tablename__ = "action_costs"

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    amount: Mapped[int]
    minutes: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(300), default="")
    recorded_at: Mapped[datetime]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    struck_at: Mapped[datetime | None]


class ActionDate(Base):
    """A date of a step that was changed, or that somebody asks to change: old, new, why, who approved."""

    __tablename__ = "action_dates"

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), index=True)
    revision: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    old: Mapped[date] = mapped_column(Date)
    new: Mapped[date] = mapped_column(Date)
    complex_cause: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(40))  # as in ActionStep.sent_by
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    approver: Mapped[Person | None] = relationship()


class ActionPaper(Base):
    """What a report says, frozen when it was asked for: a case lives on, its papers do not; append-only.

    `kind`: the kind of report. `number`: the report's own revision, counted for each kind of a case. `body`:
    canonical JSON, for each language {title, context, photos, seals}; `digest`: its SHA-256.
    """

    __tablename__ = "action_papers"
    __table_args__ = (UniqueConstraint("action_id", "kind", "number"),)

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class ActionRegister(Base):
    """Several cases in one paper, frozen when it was asked for; append-only. `body` as in ActionPaper."""

    __tablename__ = "action_registers"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class ActionRegisterCase(Base):
    """A case that stands in a register: only who may read all of them may read it; append-only."""

    __tablename__ = "action_register_cases"

    register_id: Mapped[UUID] = mapped_column(ForeignKey("action_registers.id"), primary_key=True)
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"), primary_key=True)


class ActionReminder(Base):
    """A reminder that was sent: once for each step, due day and kind, whatever the clock's jobs do."""

    __tablename__ = "action_reminders"
    __table_args__ = (UniqueConstraint("action_id", "revision", "step", "kind", "due"),)

    id: Mapped[Id]
    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id"))
    revision: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    due: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[datetime]
