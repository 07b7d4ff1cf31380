"""Who may do what: the table read back as sentences, and `may` and `reach` never disagreeing."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Invalid
from app.domain.permissions import (
    MAY,
    ONLY_ASSIGNED,
    WHOLE_HOUSE,
    Act,
    Actor,
    Grant,
    Reach,
    Role,
    Scope,
    ScopeKind,
    may,
    may_somewhere,
    reach,
)

HENGDA, OTHER, ESTATE, ELSEWHERE = (UUID(int=n) for n in range(1, 5))
EVERYTHING = ScopeKind.EVERYTHING


def actor(*grants: Grant) -> Actor:
    return Actor(UUID(int=9), grants, "en", "Asia/Shanghai", "Lin Yue")


ADMIN = actor(Grant(Role.ADMIN, EVERYTHING))
MANAGER = actor(Grant(Role.MANAGER, ScopeKind.COMPANY, HENGDA))
HEAD = actor(Grant(Role.MANAGER, EVERYTHING))
AUDITOR = actor(Grant(Role.AUDITOR, EVERYTHING))
LOCAL_AUDITOR = actor(Grant(Role.AUDITOR, ScopeKind.COMPANY, HENGDA))
OFFICER = actor(Grant(Role.OFFICER, ScopeKind.ESTATE, ESTATE))
NOBODY = actor()

AT_HENGDA, AT_OTHER = Scope(company=HENGDA), Scope(company=OTHER)
MINE = Scope(company=OTHER, assigned=True)
IN_ESTATE, IN_OTHER_ESTATE = Scope(estate=ESTATE), Scope(estate=ELSEWHERE)


def test_every_act_is_in_the_table_and_an_admin_may_all():
    assert set(MAY) == set(Act)
    assert all(Role.ADMIN in roles for roles in MAY.values())
    for act in Act:
        for scope in (Scope(), AT_HENGDA, IN_ESTATE, MINE):
            assert may(ADMIN, act, scope)


@pytest.mark.parametrize("act", Act)
def test_without_a_grant_nothing(act):
    assert not may(NOBODY, act, MINE)
    assert not may_somewhere(NOBODY, act)
    assert reach(NOBODY, act).nothing


@pytest.mark.parametrize(
    ("who", "act", "scope", "allowed"),
    [
        (MANAGER, Act.SEE_INSPECTIONS, AT_HENGDA, True),
        (MANAGER, Act.SEE_INSPECTIONS, AT_OTHER, False),
        (MANAGER, Act.SEE_INSPECTIONS, MINE, False),
        (MANAGER, Act.PLAN_INSPECTION, AT_HENGDA, True),
        (MANAGER, Act.CANCEL_INSPECTION, AT_OTHER, False),
        (MANAGER, Act.ANSWER_INSPECTION, AT_HENGDA, False),
        (MANAGER, Act.MANAGE_COMPANIES, AT_HENGDA, True),
        (MANAGER, Act.MANAGE_COMPANIES, Scope(), False),
        (MANAGER, Act.IMPORT_COMPANIES, AT_HENGDA, False),
        (MANAGER, Act.PUBLISH_CHECKLIST, Scope(), False),
        (HEAD, Act.MANAGE_COMPANIES, Scope(), True),
        (HEAD, Act.PUBLISH_CHECKLIST, Scope(), True),
        (HEAD, Act.MANAGE_PEOPLE, Scope(), False),
        (HEAD, Act.SEE_QUARANTINE, Scope(), False),
        (AUDITOR, Act.SEE_INSPECTIONS, MINE, True),
        (AUDITOR, Act.SEE_INSPECTIONS, AT_HENGDA, False),
        (AUDITOR, Act.ANSWER_INSPECTION, MINE, True),
        (AUDITOR, Act.ANSWER_INSPECTION, AT_OTHER, False),
        (AUDITOR, Act.CHANGE_PLAN, MINE, False),
        (AUDITOR, Act.SEE_COMPANIES, AT_HENGDA, False),
        (AUDITOR, Act.SEE_CHECKLISTS, Scope(), True),
        (AUDITOR, Act.START_INSPECTION, AT_HENGDA, True),
        (LOCAL_AUDITOR, Act.START_INSPECTION, AT_HENGDA, True),
        (LOCAL_AUDITOR, Act.START_INSPECTION, AT_OTHER, False),
        (LOCAL_AUDITOR, Act.SEE_INSPECTIONS, MINE, True),
        (OFFICER, Act.SEE_INSPECTIONS, IN_ESTATE, True),
        (OFFICER, Act.SEE_INSPECTIONS, IN_OTHER_ESTATE, False),
        (OFFICER, Act.SEE_INSPECTIONS, AT_HENGDA, False),
        (OFFICER, Act.ANSWER_INSPECTION, IN_ESTATE, True),
        (OFFICER, Act.MANAGE_COMPANIES, IN_ESTATE, False),
        (OFFICER, Act.SEE_HEALTH_DETAILS, Scope(), False),
    ],
)
def test_the_table_as_sentences(who, act, scope, allowed):
    assert may(who, act, scope) is allowed


def test_reach_is_what_a_query_filters_by():
    assert reach(ADMIN, Act.SEE_INSPECTIONS) == Reach(True, frozenset(), frozenset(), False)
    assert reach(MANAGER, Act.SEE_INSPECTIONS) == Reach(False, frozenset({HENGDA}), frozenset(), False)
    assert reach(AUDITOR, Act.SEE_INSPECTIONS) == Reach(False, frozenset(), frozenset(), True)
    assert reach(OFFICER, Act.SEE_INSPECTIONS) == Reach(False, frozenset(), frozenset({ESTATE}), False)


def test_the_whole_house_is_never_given_by_a_company():
    assert not any(may_somewhere(MANAGER, act) for act in WHOLE_HOUSE)


def test_only_seeing_and_answering_hang_on_assignment():
    assert all(Role.AUDITOR in MAY[act] for act in ONLY_ASSIGNED)


@pytest.mark.parametrize(
    ("role", "kind", "scope_id"),
    [
        (Role.MANAGER, EVERYTHING, HENGDA),
        (Role.MANAGER, ScopeKind.COMPANY, None),
        (Role.OFFICER, ScopeKind.ESTATE, None),
        (Role.ADMIN, ScopeKind.COMPANY, HENGDA),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(role, kind, scope_id):
    with pytest.raises(Invalid) as refused:
        Grant(role, kind, scope_id)
    assert (refused.value.code, refused.value.field) == ("grant_scope", "scope")


ids = st.sampled_from([HENGDA, OTHER, ESTATE])
grants = st.one_of(
    st.builds(Grant, st.sampled_from(Role), st.just(EVERYTHING)),
    st.builds(
        Grant,
        st.sampled_from([Role.MANAGER, Role.AUDITOR, Role.OFFICER]),
        st.sampled_from([ScopeKind.COMPANY, ScopeKind.ESTATE]),
        ids,
    ),
)
scopes = st.builds(Scope, st.none() | ids, st.none() | ids, st.booleans())


@given(st.lists(grants, max_size=3), st.sampled_from(Act), scopes)
def test_may_and_reach_agree(held, act, scope):
    who = actor(*held)
    far = reach(who, act)
    by_reach = (
        far.everything
        or scope.company in far.companies
        or scope.estate in far.estates
        or (far.assigned and scope.assigned)
    )
    assert may(who, act, scope) == by_reach
    assert may_somewhere(who, act) == (not far.nothing)
