"""The circle of an action: vectors for its clocks, and a machine that walks it against a model of its own."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain import action_clock, action_steps, action_watch, actions
from app.domain.action_clock import Allowed, Deadlines, due_at, due_day, lasted
from app.domain.action_steps import Facts, judge
from app.domain.action_triage import Triage, tasks
from app.domain.actions import PATHS, Circle, Form, Phase, Step
from app.domain.errors import Invalid
from tests.domain.reading import vectors

VECTORS = vectors("actions")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize("vector", VECTORS["deadlines"], ids=lambda vector: vector["name"])
def test_a_deadline(vector):
    allowed = Allowed(vector.get("hours", 0), vector.get("days", 0))
    pauses = [(instant(begun), over and instant(over)) for begun, over in vector["pauses"]]
    now = instant(vector.get("now", "2029-01-01T00:00:00Z"))
    due = due_at(instant(vector["start"]), allowed, vector["zone"], pauses, now)
    assert due == instant(vector["due"])
    if "day" in vector:
        assert due_day(due, vector["zone"]) == date.fromisoformat(vector["day"])


@pytest.mark.parametrize("vector", VECTORS["windows"], ids=lambda vector: vector["name"])
def test_a_window(vector):
    cut_in = date.fromisoformat(vector["cut_in"])
    assert action_watch.watch_until(cut_in) == date.fromisoformat(vector["until"])
    for at in vector["in"]:
        assert action_watch.within(cut_in, instant(at), vector["zone"]), at
        assert not action_watch.is_over(cut_in, vector["zone"], instant(at)), at
    for at in vector["out"]:
        assert not action_watch.within(cut_in, instant(at), vector["zone"]), at


@pytest.mark.parametrize(("days", "wanted"), VECTORS["ageing"])
def test_ageing(days, wanted):
    assert action_clock.ageing(days) == wanted


def test_a_step_late_by_a_second_is_one_day_old():
    due = instant("2026-11-21T16:00:00Z")
    assert action_clock.age(due, due - timedelta(seconds=1)) == 0
    assert action_clock.age(due, due) == 1
    assert action_clock.age(due, due + timedelta(days=7)) == 8


@pytest.mark.parametrize(("severity", "repeated", "batch", "wanted"), VECTORS["forms"])
def test_the_form_is_a_rule(severity, repeated, batch, wanted):
    assert actions.form_by_rule(severity, repeated, batch) == wanted


@pytest.mark.parametrize(("answers", "wanted"), VECTORS["triage"])
def test_triage_calls_for_tasks(answers, wanted):
    assert list(tasks(Triage(**answers))) == wanted


def test_triage_asks_how_far_it_spread():
    with pytest.raises(Invalid, match="required"):
        tasks(Triage(part_defect=True))


INSTANTS = st.integers(0, 6 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC"])


@given(
    INSTANTS,
    ZONES,
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 200)), max_size=4),
)
def test_pauses_never_shorten_and_the_clock_counts_only_its_own_time(start, zone, days, spans):
    pauses, hour = [], 0
    for gap, length in spans:  # one after the other, as reviews are
        begun = hour + gap
        pauses.append((start + timedelta(hours=begun), start + timedelta(hours=begun + length)))
        hour = begun + length
    now = start + timedelta(days=4000)
    plain = due_at(start, Allowed(days=days), zone, [], now)
    moved = due_at(start, Allowed(days=days), zone, pauses, now)
    assert moved >= plain
    assert timedelta(days=days - 1, hours=23) <= plain - start <= timedelta(days=days + 1, hours=25)
    away = sum((over - begun for begun, over in pauses), timedelta())
    assert moved - plain <= away + timedelta(hours=25)
    assert lasted(start, now, pauses, now) == now - start - away


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_window_is_six_months_of_the_calendar(cut_in):
    until = action_watch.watch_until(cut_in)
    assert (until.year * 12 + until.month) - (cut_in.year * 12 + cut_in.month) == 6
    assert until.day == cut_in.day or ((until + timedelta(days=1)).day == 1 and until.day < cut_in.day)


def test_deadlines_are_a_setting():
    read = Deadlines.read("contain=48h cause=5d")
    assert read.of(Step.CONTAIN) == Allowed(hours=48) and read.of(Step.CAUSE) == Allowed(days=5)
    assert read.of(Step.MEASURE) == Allowed(days=7) and read.of(Step.MEASURE, True) == Allowed(days=10)
    for wrong in ("contain", "contain=0h", "sleep=3d", "cause=3w", "cause=-1d"):
        with pytest.raises(Invalid, match="bad_deadlines"):
            Deadlines.read(wrong)
    assert {step.value for step in Step} <= {field.name for field in fields(Deadlines)}


ROW = {"place": "transit", "quantity": 200, "ok": 200, "not_ok": 0}
FULL = Facts(Form.FULL)


def contain(*rows, response="Shipment stopped"):
    return {"response": response, "places": list(rows)}


@pytest.mark.parametrize(
    ("content", "facts", "code"),
    [
        (contain(ROW, response=" "), FULL, "gate_response"),
        (contain(), FULL, "gate_places"),
        (contain({**ROW, "ok": 199}), FULL, "gate_quantities"),
        (contain({**ROW, "quantity": -1, "ok": -1}), FULL, "gate_quantities"),
        (contain({**ROW, "ok": 190, "not_ok": 10}), FULL, "gate_dispositions"),
        (
            contain({**ROW, "ok": 190, "not_ok": 10, "disposition": "use_as_is"}),
            Facts(Form.FULL, safety=True),
            "gate_safety",
        ),
        (contain({**ROW, "ok": 190, "not_ok": 10, "disposition": "scrap"}), FULL, None),
        (contain({**ROW, "ok": 190, "not_ok": 10, "disposition": "use_as_is"}), FULL, None),
    ],
)
def test_containment_reconciles(content, facts, code):
    _judged(Step.CONTAIN, content, facts, code)


def measured(**changes):
    return {
        "measures": [
            {"cause": "a", "text": "x", "type": "contract", "owner": "Li", "due": "2026-12-01"} | changes
        ]
    }


def standard(**changes):
    return {"lesson": "x", "similar": "none", "documents": [{"name": "WI-07", "revision": "C"}]} | changes


ONE = Facts(Form.FULL, causes=["a"])
TWO = Facts(Form.FULL, causes=["a", "b"])
PHOTO = Facts(Form.FULL, pictures=1)


@pytest.mark.parametrize(
    ("step", "content", "facts", "code"),
    [
        (Step.CAUSE, {"occurrence": ["a"], "escape": ["", " "]}, FULL, "gate_escape"),
        (Step.CAUSE, {"occurrence": [], "escape": ["b"]}, FULL, "gate_occurrence"),
        (Step.CAUSE, {"occurrence": ["a"], "escape": ["b"]}, FULL, "gate_shown"),
        (Step.CAUSE, {"occurrence": ["a"], "escape": ["b"]}, PHOTO, None),
        (Step.CAUSE, {"occurrence": ["a"], "escape": ["b"]}, Facts(Form.MEDIUM), None),
        (Step.MEASURE, {"measures": []}, ONE, "gate_measures"),
        (Step.MEASURE, measured(), TWO, "gate_measures"),
        (Step.MEASURE, measured(type=""), ONE, "gate_types"),
        (Step.MEASURE, measured(owner=""), ONE, "gate_owners"),
        (Step.MEASURE, measured(due=""), ONE, "gate_owners"),
        (Step.MEASURE, measured(), ONE, None),
        (Step.IMPLEMENT, {"done": "x"}, Facts(Form.SHORT), "gate_photo"),
        (Step.IMPLEMENT, {"done": " "}, PHOTO, "gate_done"),
        (Step.IMPLEMENT, {"done": "x"}, Facts(Form.SHORT, pictures=1), None),
        (Step.IMPLEMENT, {"done": "x", "done_by": "Li"}, PHOTO, "gate_cut_in"),
        (Step.CHECK, {"note": "Seen."}, Facts(Form.FULL, lots=2, lots_wanted=3), "gate_lots"),
        (
            Step.CHECK,
            {"note": "Seen."},
            Facts(Form.FULL, lots=3, lots_wanted=3, lots_bad=1),
            "gate_lots_good",
        ),
        (Step.CHECK, {"note": "Seen."}, Facts(Form.FULL, lots=3, lots_wanted=3), None),
        (Step.CHECK, {"note": ""}, FULL, "gate_word"),
        (Step.ACT, standard(documents=[]), FULL, "gate_documents"),
        (Step.ACT, standard(documents=[], no_documents="one-off"), FULL, None),
        (Step.ACT, standard(documents=[{"name": "WI-07", "revision": ""}]), FULL, "gate_revisions"),
        (Step.ACT, standard(lesson=""), FULL, "gate_lesson"),
        (Step.ACT, standard(), FULL, None),
    ],
)
def test_a_gate(step, content, facts, code):
    _judged(step, content, facts, code)


def _judged(step, content, facts, code):
    if code is None:
        judge(step, content, facts)
        return
    with pytest.raises(Invalid) as refused:
        judge(step, content, facts)
    assert refused.value.code == code


def test_a_measure_is_owed_for_what_the_fishbone_confirmed_else_for_both_roots():
    chains = {"occurrence": ["a", "b", ""], "escape": ["c"]}
    assert action_steps.causes(chains) == ["b", "c"]
    bones = [
        {"text": "x", "confirmed": True},
        {"text": "y", "confirmed": False},
        {"text": "x", "confirmed": True},
    ]
    assert action_steps.causes({**chains, "bones": bones}) == ["x"]


def test_dates_that_have_passed_need_a_reason():
    today = date(2026, 11, 25)
    action_clock.judge_first_date(today, today, "")
    action_clock.judge_first_date(today - timedelta(days=1), today, "Found late in the books.")
    with pytest.raises(Invalid, match="past_needs_reason"):
        action_clock.judge_first_date(today - timedelta(days=1), today, " ")
    with pytest.raises(Invalid, match="reason_missing"):
        action_clock.judge_new_date(today, today, "")


class Walk(RuleBasedStateMachine):
    """Walks the circle with every act in every order. The model is a list of what passed and a few words."""

    def __init__(self):
        super().__init__()
        self.circle = Circle.begin(Form.FULL)
        self.form, self.passed, self.state, self.revision = Form.FULL, [], "open", 1
        self.sender = None

    @rule(form=st.sampled_from(list(Form)))
    @precondition(lambda self: not self.passed and self.state == "open" and self.revision == 1)
    def begin_anew(self, form):
        self.circle, self.form = Circle.begin(form), form

    def next_step(self):
        left = [step for step in PATHS[self.form] if step not in self.passed]
        return left[0] if left else None

    def tried(self, act, allowed):
        """The act goes through exactly when the model says so."""
        try:
            self.circle = act(self.circle)
        except Invalid as error:
            assert not allowed, error
            return False
        assert allowed
        return True

    @rule(step=st.sampled_from(list(Step)), by=st.sampled_from("pq"))
    def send(self, step, by):
        allowed = self.state == "open" and step == self.next_step() and step not in (Step.CHECK, Step.ACT)
        if self.tried(lambda circle: actions.submit(circle, step, by), allowed):
            self.state = "review"
            if step is Step.IMPLEMENT:
                self.sender = {*(self.sender or ()), by}

    @rule(step=st.sampled_from(list(Step)))
    def take(self, step):
        allowed = self.state == "review" and step == self.next_step()
        if self.tried(lambda circle: actions.accept(circle, step), allowed):
            self.passed.append(step)
            self.state = "open"

    @rule(step=st.sampled_from(list(Step)), reason=st.sampled_from(["", " ", "no"]))
    def give_back(self, step, reason):
        allowed = self.state == "review" and step == self.next_step() and bool(reason.strip())
        if self.tried(lambda circle: actions.reject(circle, step, reason), allowed):
            self.state = "open"

    @rule(by=st.sampled_from("pqv"), effective=st.booleans(), reason=st.sampled_from(["", "seen again"]))
    def look(self, by, effective, reason):
        at_check = self.state == "open" and self.next_step() is Step.CHECK
        allowed = at_check and by not in (self.sender or ()) and (effective or bool(reason))
        if not self.tried(lambda circle: actions.verify(circle, by, effective, reason), allowed):
            return
        if effective:
            self.passed.append(Step.CHECK)
            if self.next_step() is None:
                self.state = "closed"
        else:
            self.passed = [step for step in self.passed if step is Step.CONTAIN]
            self.sender = None

    @rule(watched=st.booleans())
    def standardise(self, watched):
        allowed = self.state == "open" and self.next_step() is Step.ACT
        if self.tried(lambda circle: actions.standardise(circle, watched), allowed):
            self.passed.append(Step.ACT)
            self.state = "watch" if watched else "closed"

    @rule(over=st.booleans())
    def close(self, over):
        if self.tried(lambda circle: actions.close(circle, over), self.state == "watch" and over):
            self.state = "closed"

    @rule()
    def recur(self):
        if self.tried(actions.recur, self.state != "cancelled"):
            self.form, self.passed, self.state, self.sender = Form.FULL, [], "open", None
            self.revision += 1

    @rule(form=st.sampled_from(list(Form)))
    def raise_form(self, form):
        order = list(Form)
        ended = self.state in ("closed", "cancelled")
        if self.tried(
            lambda circle: actions.raise_form(circle, form),
            not ended and order.index(form) > order.index(self.form),
        ):
            self.form = form
            self.state = "watch" if self.state == "watch" else "open"

    @rule(reason=st.sampled_from(["", "by mistake"]))
    @precondition(lambda self: self.revision > 1 or len(self.passed) > 3)  # not before anything happened
    def cancel(self, reason):
        allowed = self.state not in ("closed", "cancelled") and bool(reason)
        if self.tried(lambda circle: actions.cancel(circle, reason), allowed):
            self.state = "cancelled"

    @invariant()
    def agree(self):
        circle = self.circle
        assert circle.phase == self.state and circle.form == self.form and circle.revision == self.revision
        assert circle.accepted == set(self.passed)
        if self.state in ("open", "review"):
            assert circle.step == self.next_step()
        if circle.phase is Phase.CLOSED:
            assert Step.CHECK in circle.accepted
            assert Step.ACT not in circle.path or Step.ACT in circle.accepted, "closed without Act"


Walk.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestWalk = Walk.TestCase
