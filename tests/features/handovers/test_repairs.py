"""Repairs: a contractor's list through a link, repaired or disputed, and the desk that directs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.adapters import clock
from app.db import reading, transaction
from app.domain.actions import Step
from app.domain.errors import Invalid
from app.domain.repairs import is_disputed
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.actions import queries as actions
from app.features.actions.commands import Hand, walking
from app.features.actions.commands.again import Looked, follow
from app.features.actions.commands.beside import PHOTOS_AT_MOST, add_picture
from app.features.actions.models import ActionEvent, ActionPicture
from app.features.companies.models import Company, Contact
from app.features.handovers.models import Dispute
from app.features.links.models import Link
from app.features.places.models import TradeContractor
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.repairs import PLAN, Repairs, case, shown_link, walked, written
from tests.features.actions.steps import enter, photo

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ClientFor = Callable[..., PageClient]


@pytest.fixture
def repairs(app: Flask, cast: Cast, client_for: ClientFor) -> Repairs:
    return walked(app, cast, client_for)


@pytest.fixture
def officer(repairs: Repairs, client_for: ClientFor) -> PageClient:
    return client_for(repairs.place.officer)


@pytest.fixture
def shen(app: Flask, repairs: Repairs, officer: PageClient) -> PageClient:
    """The waterproofer's phone."""
    return enter(app, shown_link(officer, repairs, repairs.water))


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def english(client: PageClient) -> PageClient:
    client.client.set_cookie("plumbline_language", "en")
    return client


def repaired(client: PageClient, repairs: Repairs, action: UUID, seed: int = 81, **fields: Any) -> Any:
    form = {"done": "Sealed anew", "send": "1", "photos": [photo(seed)], **fields}
    return client.post(f"{repairs.list}/{action}/repair", form, content_type="multipart/form-data")


def reject(app: Flask, repairs: Repairs, action: UUID, reason: str) -> None:
    """The re-inspection finds it as it was."""
    with app.app_context(), transaction() as session:
        actor = actor_of(session, session.get_one(Person, repairs.place.officer))
        walking.reject(session, actor, action, Step.IMPLEMENT, reason, clock.now())


def retire(app: Flask, company: UUID, at: datetime | None) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(Company, company).retired_at = at


def events(app: Flask, action: UUID) -> list[str]:
    with app.app_context():
        rows = select(ActionEvent.act).where(ActionEvent.action_id == action).order_by(ActionEvent.id)
        return list(reading().scalars(rows))


def test_a_contractor_sees_their_own_repairs_with_everything_they_need(
    shen: PageClient, repairs: Repairs
) -> None:
    assert shen.arrived == repairs.list
    page = shen.get(repairs.list)
    assert 'lang="zh-Hans"' in page.get_data(as_text=True), "the contact's language"
    page = english(shen).get(repairs.list)
    seen = words(page)
    for there in ("Lakeside Court", "Tower 2", "floor 15", "1501", "Bedroom", "Damp patch under the window"):
        assert there in seen, there
    assert "Paint runs" not in seen and "Even Coats" not in seen
    one = shen.get(f"{repairs.list}/{repairs.leak}")
    html = one.get_data(as_text=True)
    assert f"{repairs.list}/plans/{PLAN}" in html and "<svg" in html
    picture = re.search(rf"{repairs.list}/{repairs.leak}/photos/[0-9a-f-]+", html)
    assert picture and shen.get(picture[0]).mimetype == "image/jpeg"
    drawn = shen.get(f"{repairs.list}/plans/{PLAN}")
    assert drawn.status_code == 200 and "immutable" in drawn.headers["Cache-Control"]


def test_nothing_else_can_be_seen_through_the_link(
    app: Flask, shen: PageClient, repairs: Repairs, officer: PageClient
) -> None:
    """The owner's name and phone, other contractors, the desk, another estate, another plan."""
    for path in (repairs.list, f"{repairs.list}/{repairs.leak}", f"{repairs.list}?show=done"):
        seen = english(shen).get(path).get_data(as_text=True)
        for hidden in ("Zhang Wei", "5550 0199", "Even Coats", "Lakeside Officer", "Paint runs"):
            assert hidden not in seen, f"{hidden} at {path}"
    closed = [
        f"{repairs.list}/{repairs.wall}",
        f"{repairs.list}/{repairs.wall}/photos/{uuid4()}",
        f"{repairs.list}/plans/{'e' * 64}",
        f"/l/repairs/{uuid4()}",
        f"/l/actions/{repairs.leak}",
        repairs.desk,
        f"/plans/{PLAN}",
        f"/actions/{repairs.leak}/defect",
    ]
    for path in closed:
        assert shen.client.get(path).status_code in (302, 404), path
    assert repaired(shen, repairs, repairs.wall).status_code == 404
    for noun in ("disputes", "disputes/withdrawal"):
        assert shen.post(f"{repairs.list}/{repairs.wall}/{noun}", {"reason": "x"}).status_code == 404
    dong = enter(app, shown_link(officer, repairs, repairs.paint))
    assert "Paint runs" in words(dong.get(repairs.list)) and "Damp" not in words(dong.get(repairs.list))
    assert dong.client.get(f"{repairs.list}/plans/{PLAN}").status_code == 404, "no pin of theirs is on it"


@pytest.mark.parametrize("how", ["revoked", "expired", "retired"])
def test_a_link_that_is_over_opens_nothing(
    app: Flask, shen: PageClient, repairs: Repairs, officer: PageClient, how: str
) -> None:
    with app.app_context(), transaction() as session:
        link = session.scalars(select(Link)).one()
        if how == "expired":
            link.expires_at = datetime.now(UTC) - timedelta(minutes=1)
        elif how == "retired":
            session.get_one(Contact, repairs.water).retired_at = datetime.now(UTC)
    if how == "revoked":
        assert officer.post(f"{repairs.desk}/links/{link.id}/revocation").status_code == 303
    for path in (repairs.list, f"{repairs.list}/{repairs.leak}", f"{repairs.list}/plans/{PLAN}"):
        assert shen.client.get(path).status_code == 404, path
    assert repaired(shen, repairs, repairs.leak).status_code == 404


def test_repaired_takes_words_and_a_photo_and_leads_on(
    app: Flask, shen: PageClient, repairs: Repairs
) -> None:
    english(shen)
    bare = repaired(shen, repairs, repairs.leak, photos=[])
    assert bare.status_code == 422 and "Sealed anew" in bare.get_data(as_text=True), "what was typed stays"
    assert repaired(shen, repairs, repairs.leak, done=" ").status_code == 422
    answer = repaired(shen, repairs, repairs.leak)
    assert answer.status_code == 303
    row = case(app, repairs.leak)
    assert (row.phase, row.step, row.due_at) == ("review", "implement", None)
    page = shen.get(f"{repairs.list}/{repairs.leak}")
    assert "Next in 1501" in words(page) and f"{repairs.list}/{repairs.damp}" in page.get_data(as_text=True)
    assert "Damp patch" in words(shen.get(f"{repairs.list}?show=sent"))
    assert "Damp patch" not in words(shen.get(repairs.list))
    again = repaired(shen, repairs, repairs.leak)
    assert again.status_code == 303, "the same browser sending twice: the first answer was lost"
    assert events(app, repairs.leak).count("sent") == 1


def test_what_came_back_needs_a_photo_of_the_new_attempt(
    app: Flask, shen: PageClient, repairs: Repairs
) -> None:
    english(shen)
    repaired(shen, repairs, repairs.leak)
    reject(app, repairs, repairs.leak, "Still wet after an hour")
    page = words(shen.get(f"{repairs.list}/{repairs.leak}"))
    assert "Still wet after an hour" in page and "came back 1 time" in page
    assert repaired(shen, repairs, repairs.leak, photos=[]).status_code == 422
    assert repaired(shen, repairs, repairs.leak, seed=82).status_code == 303


def test_earlier_attempts_leave_room_for_the_next_one(app: Flask, shen: PageClient, repairs: Repairs) -> None:
    def show(many: int, begin: int) -> None:
        hand = Hand(person_id=repairs.place.officer)
        with app.app_context(), transaction() as session:
            held = actions.one(session, repairs.leak, lock=True)
            for n in range(begin, begin + many):
                add_picture(session, held, Step.IMPLEMENT, "after", f"{n:064x}", hand, clock.now())

    repaired(shen, repairs, repairs.leak)
    show(PHOTOS_AT_MOST - 1, 1)
    with pytest.raises(Invalid, match="photos_too_many"):
        show(1, 100)
    reject(app, repairs, repairs.leak, "Still wet")
    show(1, 100)
    assert repaired(shen, repairs, repairs.leak, seed=84).status_code == 303


def test_who_gets_it_next_is_not_told_that_it_was_sent_back(
    app: Flask, shen: PageClient, repairs: Repairs, officer: PageClient
) -> None:
    assert repaired(english(shen), repairs, repairs.damp).status_code == 303
    reject(app, repairs, repairs.damp, "You only wiped it")
    assert "You only wiped it" in words(shen.get(f"{repairs.list}/{repairs.damp}"))
    form = {"case": [str(repairs.damp)], "contractor": str(repairs.place.painter), "reason": "Try another"}
    assert officer.post(f"/estates/{repairs.place.estate}/repairs/assignment", form).status_code == 303
    dong = enter(app, shown_link(officer, repairs, repairs.paint))
    page = words(english(dong).get(f"{repairs.list}/{repairs.damp}"))
    assert "Is it repaired?" in page and "wiped" not in page and "Sent back." not in page


def test_two_people_with_one_link(app: Flask, repairs: Repairs, officer: PageClient) -> None:
    """One repairs while the other disputes; one disputes while the other repairs: the second is told."""
    token = shown_link(officer, repairs, repairs.water)
    first, second = (
        english(enter(app, token)),
        english(enter(app, shown_link(officer, repairs, repairs.water))),
    )
    assert repaired(first, repairs, repairs.leak).status_code == 303
    late = second.post(f"{repairs.list}/{repairs.leak}/disputes", {"reason": "That is the window maker’s"})
    assert late.status_code == 409
    assert "just sent this as repaired" in words(late) and "window maker" in words(late)
    assert (
        second.post(f"{repairs.list}/{repairs.damp}/disputes", {"reason": "It is cleaning water"}).status_code
        == 303
    )
    blocked = repaired(first, repairs, repairs.damp, seed=83)
    assert blocked.status_code == 409
    assert "This is disputed" in words(blocked) and "Sealed anew" in words(blocked)
    with app.app_context():
        kept = reading().scalars(select(ActionPicture).where(ActionPicture.action_id == repairs.damp)).all()
        assert [one.moment for one in kept] == ["after"], "the photo of the second is not lost"
    assert first.post(f"{repairs.list}/{repairs.damp}/disputes/withdrawal").status_code == 303
    assert second.post(f"{repairs.list}/{repairs.damp}/disputes/withdrawal").status_code == 409
    assert repaired(first, repairs, repairs.damp, seed=83).status_code == 303


def test_the_clock_stands_still_while_a_dispute_is_open(
    app: Flask, shen: PageClient, repairs: Repairs, officer: PageClient
) -> None:
    due = case(app, repairs.leak).due_at
    assert due is not None
    assert english(shen).post(f"{repairs.list}/{repairs.leak}/disputes", {"reason": " "}).status_code == 422
    shen.post(f"{repairs.list}/{repairs.leak}/disputes", {"reason": "Condensation, no leak"})
    assert case(app, repairs.leak).due_at is None
    with app.app_context(), transaction() as session:  # as if that had been ten days ago
        event = session.scalars(select(ActionEvent).where(ActionEvent.act == "disputed")).one()
        raised = session.scalars(
            select(ActionEvent).where(ActionEvent.act == "raised", ActionEvent.action_id == repairs.leak)
        ).one()
        assert event.at >= raised.at
    page = words(officer.get(f"/actions/{repairs.leak}/defect"))
    assert "Condensation, no leak" in page and "the clock stands still" in page
    assert "Condensation" not in words(officer.get(f"/actions/{repairs.wall}/defect"))
    assert "Disputed" in words(officer.get(f"/units/{repairs.place.units[0]}/handover"))
    decided = officer.post(
        f"/actions/{repairs.leak}/disputes/decision", {"decision": "kept", "reason": "The meter says 90 %"}
    )
    assert decided.status_code == 303
    assert case(app, repairs.leak).due_at is not None
    assert "The meter says 90 %" in words(shen.get(f"{repairs.list}/{repairs.leak}"))
    (letter,) = written(app, "shen@dry.example")
    assert "The meter says 90 %" in letter.text


def test_upheld_ends_the_case_and_given_on_moves_it(
    app: Flask, shen: PageClient, repairs: Repairs, officer: PageClient
) -> None:
    english(shen)
    for action in (repairs.leak, repairs.damp):
        shen.post(f"{repairs.list}/{action}/disputes", {"reason": "None of our work"})
    decision = f"/actions/{repairs.leak}/disputes/decision"
    assert officer.post(decision, {"decision": "upheld", "reason": ""}).status_code == 422
    assert officer.post(decision, {"decision": "withdrawn", "reason": "x"}).status_code == 422
    assert officer.post(decision, {"decision": "upheld", "reason": "Dry when measured"}).status_code == 303
    assert case(app, repairs.leak).phase == "cancelled"
    assert officer.post(decision, {"decision": "upheld", "reason": "Again"}).status_code == 409
    dong = enter(app, shown_link(officer, repairs, repairs.paint))
    moved = f"/actions/{repairs.damp}/disputes/decision"
    given = {"decision": "given_on", "reason": "It is the paint", "due": "2099-01-31"}
    same = officer.post(moved, given | {"contractor": str(repairs.place.waterproofer)})
    assert same.status_code == 422
    retire(app, repairs.place.painter, NOW)
    gone = officer.post(moved, given | {"contractor": str(repairs.place.painter)})
    assert gone.status_code == 422, "nobody gives work to a company that is gone"
    retire(app, repairs.place.painter, None)
    assert officer.post(moved, given | {"contractor": str(repairs.place.painter)}).status_code == 303
    row = case(app, repairs.damp)
    assert row.company_id == repairs.place.painter and row.due_at and row.due_at.year == 2099
    assert "Water on the floor" in words(dong.get(repairs.list))
    assert "None of our work" not in words(dong.get(f"{repairs.list}/{repairs.damp}")), "another's words"
    assert shen.client.get(f"{repairs.list}/{repairs.damp}").status_code == 404
    with app.app_context():
        decisions = reading().scalars(select(Dispute.decision).order_by(Dispute.decided_at)).all()
        assert decisions == ["upheld", "given_on"]


def test_the_desk_writes_down_a_dispute_and_a_cancelled_case_ends_it(
    app: Flask, repairs: Repairs, officer: PageClient, client_for: ClientFor
) -> None:
    address = f"/actions/{repairs.wall}/disputes"
    assert client_for(repairs.place.elsewhere).post(address, {"reason": "x"}).status_code == 404
    assert officer.post(address, {"reason": "He says it was the plasterer"}).status_code == 303
    steps = officer.post(f"/actions/{repairs.wall}/steps/implement", {"done": "x", "send": "1"})
    assert steps.status_code == 409 and "This is disputed" in words(steps)
    assert "Write this step" not in words(officer.get(f"/actions/{repairs.wall}"))
    officer.post(f"/actions/{repairs.wall}/cancellation", {"reason": "Painted over by the owner"})
    with app.app_context():
        row = reading().scalars(select(Dispute)).one()
        assert (row.decision, row.company_id) == ("ended", repairs.place.painter)


def test_accepted_as_it_is_decides_no_dispute(
    app: Flask, shen: PageClient, repairs: Repairs, officer: PageClient
) -> None:
    english(shen).post(f"{repairs.list}/{repairs.leak}/disputes", {"reason": "Condensation, no leak"})
    with app.app_context(), transaction() as session:
        looked = Looked(uuid4(), "VQ-1", 1, "as_is", "A drop a year", None, (), repairs.place.officer)
        follow(session, repairs.leak, looked, clock.now())
    with app.app_context():
        row = reading().scalars(select(Dispute)).one()
        assert (row.decision, row.decided_by, row.reason) == ("ended", None, None)
        assert not is_disputed(event.act for event in actions.events_of(reading(), repairs.leak))
    for page in (shen.get(f"{repairs.list}/{repairs.leak}"), officer.get(f"/actions/{repairs.leak}/defect")):
        assert "The case ended before it was decided" in words(page) and "no defect" not in words(page)
    (letter,) = written(app, "shen@dry.example")
    assert letter.subject == "Lakeside Court：A-2026-0001已关闭" and "无需你再处理" in letter.text


def test_the_list_at_the_desk_groups_and_filters(repairs: Repairs, officer: PageClient) -> None:
    page = officer.get(repairs.desk)
    seen = words(page)
    assert seen.index("Dry Walls") < seen.index("Even Coats") < seen.index("Tower 2 · floor 15")
    for filtered, there, gone in (
        ("class=C", "Paint runs", "Damp patch"),
        ("trade=Waterproofing", "Damp patch", "Paint runs"),
        (f"company={repairs.place.painter}", "Paint runs", "Damp patch"),
        ("state=sent", "Nothing matches these filters", "Damp patch"),
        ("state=overdue", "Nothing matches these filters", "Damp patch"),
        ("state=nonsense&class=Z&page=x&building=1&trade=%00", "Damp patch", "Nothing matches"),
    ):
        answer = officer.get(f"{repairs.desk}?{filtered}", headers={"HX-Request": "true"})
        assert there in words(answer) and gone not in words(answer), filtered
        assert "<html" not in answer.get_data(as_text=True)
    panel = officer.get(f"{repairs.desk}/summary", headers={"HX-Request": "true"})
    assert "2 open" in words(panel) and "1 open" in words(panel)


def test_many_are_given_to_another_contractor_all_or_none(
    app: Flask, repairs: Repairs, shen: PageClient, officer: PageClient
) -> None:
    enter(app, shown_link(officer, repairs, repairs.paint))
    repaired(shen, repairs, repairs.leak)
    form = {
        "contractor": str(repairs.place.painter),
        "reason": "Dry Walls has no people",
        "due": "2099-02-01",
    }
    both = {"case": [str(repairs.leak), str(repairs.damp)]}
    refused = officer.post(f"{repairs.desk}/assignment", form | both)
    assert refused.status_code == 422 and case(app, repairs.leak).number in words(refused)
    assert case(app, repairs.damp).company_id == repairs.place.waterproofer, "all or none"
    for wrong in (
        {"case": []},
        {"case": str(repairs.damp), "reason": ""},
        {"case": str(repairs.damp), "due": "2001-01-01"},
        {"case": str(repairs.damp), "due": "soon"},
        {"case": str(repairs.damp), "contractor": str(uuid4())},
        {"case": str(repairs.damp), "contractor": str(repairs.place.waterproofer), "due": ""},
        {"case": "x"},
    ):
        assert officer.post(f"{repairs.desk}/assignment", form | wrong).status_code == 422, wrong
    assert officer.post(f"{repairs.desk}/assignment", form | {"case": str(uuid4())}).status_code == 404
    done = officer.post(f"{repairs.desk}/assignment", form | {"every": "1", "class": "A"})
    assert done.status_code == 303
    row = case(app, repairs.damp)
    assert row.company_id == repairs.place.painter and row.due_at and row.due_at.year == 2099
    assert events(app, repairs.damp)[-2:] == ["assigned", "date_changed"]
    assert "Dry Walls has no people" in words(officer.get(f"/actions/{repairs.damp}"))
    told = written(app, "dong@coats.example")
    assert len(told) == 1 and "Water on the floor" in told[0].text


def test_another_contractor_of_a_trade_is_offered_what_is_open(
    app: Flask, repairs: Repairs, officer: PageClient
) -> None:
    assert "Hand them over" not in words(officer.get(repairs.desk))
    with app.app_context(), transaction() as session:
        key = (repairs.place.estate, "Waterproofing")
        session.get_one(TradeContractor, key).company_id = repairs.place.painter
    page = officer.get(repairs.desk)
    assert "2 open repairs of the trade Waterproofing are with Dry Walls" in words(page)
    offer = re.search(r'href="([^"]+)#hand-on"', page.get_data(as_text=True))
    assert offer
    chosen = officer.get(offer[1].replace("&amp;", "&")).get_data(as_text=True)
    assert re.search(rf'value="{repairs.place.painter}" selected>Even Coats', chosen)
    assert re.search(r'name="every" value="1" checked', chosen)


def test_the_page_of_the_unit_names_rooms_in_the_readers_language(
    repairs: Repairs, officer: PageClient
) -> None:
    """What was chosen from lists was frozen in every language; what was typed stays as it was typed."""
    address = f"/units/{repairs.place.units[0]}/handover"
    seen = words(officer.get(address))
    assert "Damp patch under the window" in seen and "Bedroom" in seen
    officer.post("/language", {"language": "zh-Hans"})
    seen = words(officer.get(address))
    assert "Damp patch under the window" in seen
    assert "卧室" in seen and "Bedroom" not in seen


def test_the_page_of_a_case_draws_its_plan_once(repairs: Repairs, officer: PageClient) -> None:
    address = f"/actions/{repairs.leak}"
    drawn = [
        officer.get(f"{address}/{part}").get_data(as_text=True).count("<image ")
        for part in ("defect", "plan")
    ]
    assert drawn == [0, 1]


def test_who_directs_and_who_only_looks(
    repairs: Repairs, cast: Cast, client_for: ClientFor, shen: PageClient
) -> None:
    shen.post(f"{repairs.list}/{repairs.leak}/disputes", {"reason": "None of our work"})
    for person in (repairs.place.elsewhere, cast.stranger, cast.scoped):
        client = client_for(person)
        assert client.client.get(repairs.desk).status_code == 404
        for path in (f"{repairs.desk}/assignment", f"{repairs.desk}/links"):
            assert client.post(path, {"contact": str(repairs.water)}).status_code == 404, path
        decision = f"/actions/{repairs.leak}/disputes/decision"
        assert client.post(decision, {"decision": "kept", "reason": "x"}).status_code == 404
    manager = client_for(cast.manager)
    assert manager.get(repairs.desk).status_code == 200
    assert manager.get(f"/actions/{repairs.leak}").get_data(as_text=True).count("/defect") == 2
