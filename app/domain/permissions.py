"""Who may do what, as one table (DESIGN §3 rule 2, §5.4).

A person holds grants; a grant is a role within a scope: everything, one company, or one estate. Seeing
follows the same table: an auditor sees what is assigned to them, a manager and an officer what is granted to
them, an admin all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.errors import Invalid


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    AUDITOR = "auditor"
    OFFICER = "officer"


class ScopeKind(StrEnum):
    EVERYTHING = "everything"
    COMPANY = "company"
    ESTATE = "estate"


class Act(StrEnum):
    MANAGE_PEOPLE = "manage_people"
    SEE_PEOPLE = "see_people"
    SEE_COMPANIES = "see_companies"
    MANAGE_COMPANIES = "manage_companies"
    IMPORT_COMPANIES = "import_companies"
    SEE_PLACES = "see_places"
    MANAGE_PLACES = "manage_places"
    SEE_CHECKLISTS = "see_checklists"
    PUBLISH_CHECKLIST = "publish_checklist"
    SEE_INSPECTIONS = "see_inspections"
    PLAN_INSPECTION = "plan_inspection"
    CHANGE_PLAN = "change_plan"
    CANCEL_INSPECTION = "cancel_inspection"
    SET_SECTION_SCOPE = "set_section_scope"
    NAME_PARTICIPANTS = "name_participants"
    START_INSPECTION = "start_inspection"
    ANSWER_INSPECTION = "answer_inspection"
    COMPLETE_INSPECTION = "complete_inspection"
    APPROVE_INSPECTION = "approve_inspection"
    REVISE_INSPECTION = "revise_inspection"
    HAND_OVER = "hand_over"
    SEE_REPORTS = "see_reports"
    MANAGE_DEFECT_CODES = "manage_defect_codes"
    SEE_ACTIONS = "see_actions"
    RAISE_ACTION = "raise_action"
    WORK_ON_ACTION = "work_on_action"
    VERIFY_ACTION = "verify_action"
    MANAGE_ACTION = "manage_action"
    SEE_HEALTH_DETAILS = "see_health_details"
    SEE_QUARANTINE = "see_quarantine"
    IMPORT_WORK = "import_work"
    SEE_JOURNAL = "see_journal"


_DESK = frozenset({Role.ADMIN, Role.MANAGER, Role.OFFICER})
_ADMIN = frozenset({Role.ADMIN})
_FIELD = frozenset({Role.ADMIN, Role.AUDITOR, Role.OFFICER})
_ALL = frozenset(Role)

MAY: dict[Act, frozenset[Role]] = {
    Act.MANAGE_PEOPLE: _ADMIN,
    Act.SEE_PEOPLE: _DESK,
    Act.SEE_COMPANIES: _ALL,
    Act.MANAGE_COMPANIES: frozenset({Role.ADMIN, Role.MANAGER}),
    Act.IMPORT_COMPANIES: frozenset({Role.ADMIN, Role.MANAGER}),
    Act.SEE_PLACES: _ALL,
    Act.MANAGE_PLACES: _DESK,
    Act.SEE_CHECKLISTS: _ALL,
    Act.PUBLISH_CHECKLIST: frozenset({Role.ADMIN, Role.MANAGER}),
    Act.SEE_INSPECTIONS: _ALL,
    Act.PLAN_INSPECTION: _DESK,
    Act.CHANGE_PLAN: _DESK,
    Act.CANCEL_INSPECTION: _DESK,
    Act.SET_SECTION_SCOPE: _ALL,
    Act.NAME_PARTICIPANTS: _ALL,
    Act.START_INSPECTION: _FIELD,
    Act.ANSWER_INSPECTION: _FIELD,
    Act.COMPLETE_INSPECTION: _FIELD,
    Act.APPROVE_INSPECTION: frozenset({Role.ADMIN, Role.MANAGER}),
    Act.REVISE_INSPECTION: frozenset({Role.ADMIN, Role.MANAGER, Role.AUDITOR}),
    Act.HAND_OVER: _DESK,
    Act.SEE_REPORTS: _ALL,  # which ones, the kind of record says
    Act.MANAGE_DEFECT_CODES: frozenset({Role.ADMIN, Role.MANAGER}),
    Act.SEE_ACTIONS: _ALL,
    Act.RAISE_ACTION: _ALL,
    Act.WORK_ON_ACTION: _ALL,
    Act.VERIFY_ACTION: _ALL,
    Act.MANAGE_ACTION: _DESK,
    Act.SEE_HEALTH_DETAILS: _ADMIN,
    Act.SEE_QUARANTINE: _ADMIN,
    Act.IMPORT_WORK: _ADMIN,
    Act.SEE_JOURNAL: _ADMIN,
}

# About the whole house, not one company or estate: only a grant over everything gives them.
WHOLE_HOUSE: frozenset[Act] = frozenset(
    {
        Act.MANAGE_PEOPLE,
        Act.IMPORT_COMPANIES,
        Act.PUBLISH_CHECKLIST,
        Act.MANAGE_DEFECT_CODES,
        Act.SEE_HEALTH_DETAILS,
        Act.SEE_QUARANTINE,
        Act.IMPORT_WORK,
        Act.SEE_JOURNAL,
    }
)

# An auditor has these on what is assigned to them and nowhere else, however wide the grant is.
ONLY_ASSIGNED: frozenset[Act] = frozenset(
    {
        Act.SEE_COMPANIES,
        Act.SEE_PLACES,
        Act.SEE_INSPECTIONS,
        Act.SET_SECTION_SCOPE,
        Act.NAME_PARTICIPANTS,
        Act.ANSWER_INSPECTION,
        Act.COMPLETE_INSPECTION,
        Act.REVISE_INSPECTION,  # of the team, the lead: see features/inspections/record.py
        Act.SEE_ACTIONS,
        Act.WORK_ON_ACTION,
        Act.VERIFY_ACTION,
    }
)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within a scope. An admin's scope is always everything; ``Invalid("grant_scope")`` otherwise."""

    role: Role
    scope_kind: ScopeKind
    scope_id: UUID | None = None

    def __post_init__(self) -> None:
        everything = self.scope_kind == ScopeKind.EVERYTHING
        if everything != (self.scope_id is None) or (self.role == Role.ADMIN and not everything):
            raise Invalid("grant_scope", field="scope")


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts, as the rules see them."""

    id: UUID
    grants: tuple[Grant, ...]
    language: str
    time_zone: str
    name: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a thing belongs: its company, its estate, and whether it is assigned to the actor."""

    company: UUID | None = None
    estate: UUID | None = None
    assigned: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an act reaches, for a query's WHERE: everything, or these companies, these estates, what is
    assigned.
    """

    everything: bool
    companies: frozenset[UUID]
    estates: frozenset[UUID]
    assigned: bool

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.companies or self.estates or self.assigned)


def covers(grant: Grant, scope: Scope) -> bool:
    """Whether the grant's scope holds the thing; a thing without company and estate only lies in
    everything.
    """
    if grant.scope_kind == ScopeKind.EVERYTHING:
        return True
    held = scope.company if grant.scope_kind == ScopeKind.COMPANY else scope.estate
    return held is not None and held == grant.scope_id


def may(actor: Actor, act: Act, scope: Scope) -> bool:
    """Whether the actor may do this to a thing that lies there."""
    return any(_gives(grant, act, scope) for grant in actor.grants)


def may_somewhere(actor: Actor, act: Act) -> bool:
    """Whether there is any place where the actor may do this: for navigation and a route's first guard."""
    return not reach(actor, act).nothing


def reach(actor: Actor, act: Act) -> Reach:
    """How far the actor may do this; agrees with ``may`` on every scope (tested)."""
    everything = assigned = False
    companies: set[UUID] = set()
    estates: set[UUID] = set()
    for grant in actor.grants:
        if grant.role not in MAY[act]:
            continue
        if _only_assigned(grant.role, act):
            assigned = True
        elif grant.scope_id is None:
            everything = True
        elif act not in WHOLE_HOUSE:
            (companies if grant.scope_kind == ScopeKind.COMPANY else estates).add(grant.scope_id)
    return Reach(everything, frozenset(companies), frozenset(estates), assigned)


def _gives(grant: Grant, act: Act, scope: Scope) -> bool:
    if grant.role not in MAY[act]:
        return False
    if _only_assigned(grant.role, act):
        return scope.assigned
    if act in WHOLE_HOUSE:
        return grant.scope_kind == ScopeKind.EVERYTHING
    return covers(grant, scope)


def _only_assigned(role: Role, act: Act) -> bool:
    return role == Role.AUDITOR and act in ONLY_ASSIGNED
