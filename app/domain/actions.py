"""The circle of an action: Plan, Do, Check, Act as a state machine (domain.md A1 20-29, A2 29, E1).

A case walks the steps of its form one after the other. The responsible side sends a step, our side accepts
it or sends it back; somebody else than the doer checks; nothing closes without Act where the form has one. A
recurrence within the watch reopens the same case as a new revision. Values in, values out: who someone is,
is a plain text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from app.domain.errors import Invalid

KINDS = ("corrective", "preventive", "improvement")
SEVERITIES = ("major", "minor", "observation", "a", "b", "c")  # of findings; a, b, c: defects in property


class Step(StrEnum):
    CONTAIN = "contain"
    CAUSE = "cause"
    MEASURE = "measure"
    IMPLEMENT = "implement"
    CHECK = "check"
    ACT = "act"


class Form(StrEnum):
    """How much of the circle a case walks; in rising order."""

    SHORT = "short"  # a snag: fixed, photographed, checked
    MEDIUM = "medium"  # cause, measure, done, checked, standard
    FULL = "full"  # 8D


class Phase(StrEnum):
    OPEN = "open"  # the responsible side works at the step
    REVIEW = "review"  # we judge what was sent: their clock stands still
    WATCH = "watch"  # all steps passed, the effect is watched
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Part(StrEnum):
    PLAN = "plan"
    DO = "do"
    CHECK = "check"
    ACT = "act"


PATHS: dict[Form, tuple[Step, ...]] = {
    Form.SHORT: (Step.IMPLEMENT, Step.CHECK),
    Form.MEDIUM: (Step.CAUSE, Step.MEASURE, Step.IMPLEMENT, Step.CHECK, Step.ACT),
    Form.FULL: tuple(Step),
}
PARTS: dict[Step, Part] = {
    Step.CONTAIN: Part.PLAN,
    Step.CAUSE: Part.PLAN,
    Step.MEASURE: Part.PLAN,
    Step.IMPLEMENT: Part.DO,
    Step.CHECK: Part.CHECK,
    Step.ACT: Part.ACT,
}
SENT = frozenset({Step.CONTAIN, Step.CAUSE, Step.MEASURE, Step.IMPLEMENT})  # the steps the doer sends
ENDED = frozenset({Phase.CLOSED, Phase.CANCELLED})


def form_by_rule(severity: str, repeated: bool = False, batch: bool = False) -> Form:
    """The least a case must walk. Serious, repeated or batch-wide: all of 8D. A snag or a remark: the short
    form.
    """
    if severity not in SEVERITIES:
        raise Invalid("not_a_choice", field="severity")
    if repeated or batch or severity in ("major", "a"):
        return Form.FULL
    return Form.MEDIUM if severity == "minor" else Form.SHORT


@dataclass(frozen=True, slots=True)
class Circle:
    """Where a case stands. `step` is the open one, None after the last. `accepted`: of this revision.
    `doers`: who sent or is named for the implementation of this revision: none of them may check it.
    """

    form: Form
    step: Step | None
    phase: Phase = Phase.OPEN
    revision: int = 1
    accepted: frozenset[Step] = frozenset()
    doers: frozenset[str] = frozenset()

    @classmethod
    def begin(cls, form: Form) -> Circle:
        return cls(form, PATHS[form][0])

    @property
    def path(self) -> tuple[Step, ...]:
        return PATHS[self.form]

    @property
    def ended(self) -> bool:
        return self.phase in ENDED


def submit(circle: Circle, step: Step, by: str) -> Circle:
    """The responsible side sends the open step. Raises Invalid: action_closed, step_not_open,
    step_in_review.
    """
    _at(circle, step)
    if step not in SENT:
        raise Invalid("step_not_open")
    if circle.phase is Phase.REVIEW:
        raise Invalid("step_in_review")
    doers = circle.doers | {by} if step is Step.IMPLEMENT else circle.doers
    return replace(circle, phase=Phase.REVIEW, doers=doers)


def accept(circle: Circle, step: Step) -> Circle:
    """What was sent is good: the next step opens. Raises Invalid("nothing_sent") when nothing lies there."""
    _in_review(circle, step)
    return _passed(circle, step)


def reject(circle: Circle, step: Step, reason: str) -> Circle:
    """What was sent goes back, with a reason. Raises Invalid("reason_missing")."""
    _in_review(circle, step)
    _say(reason)
    return replace(circle, phase=Phase.OPEN)


def verify(circle: Circle, by: str, effective: bool, reason: str = "") -> Circle:
    """Somebody else than the doer looked. Effective: on; else back to the cause (the short form: to the fix),
    with a reason. Raises Invalid("own_work") for a doer.
    """
    _at(circle, Step.CHECK)
    if by in circle.doers:
        raise Invalid("own_work")
    if effective:
        return _passed(circle, Step.CHECK)
    _say(reason)
    return _back(circle)


def standardise(circle: Circle, watched: bool) -> Circle:
    """Act is done: the effect is watched, or the case closes."""
    _at(circle, Step.ACT)
    passed = _passed(circle, Step.ACT)
    return replace(passed, phase=Phase.WATCH if watched else Phase.CLOSED)


def close(circle: Circle, watch_over: bool) -> Circle:
    """Closes for good. Raises Invalid: act_missing while a step of the form has not passed, watch_running."""
    if circle.ended:
        raise Invalid("action_closed")
    if circle.phase is not Phase.WATCH:
        raise Invalid("act_missing" if Step.ACT in circle.path else "check_missing")
    if not watch_over:
        raise Invalid("watch_running")
    return replace(circle, phase=Phase.CLOSED)


def recur(circle: Circle) -> Circle:
    """The same thing happened again: the countermeasure was not effective. The same case opens anew as the
    next revision, in the full form, at containment. Raises Invalid("action_closed") for a cancelled case.
    """
    if circle.phase is Phase.CANCELLED:
        raise Invalid("action_closed")
    return Circle(Form.FULL, PATHS[Form.FULL][0], Phase.OPEN, circle.revision + 1)


def raise_form(circle: Circle, form: Form) -> Circle:
    """A larger form: what passed stays, the first step that has not is open. Raises
    Invalid("form_lowered").
    """
    if circle.ended:
        raise Invalid("action_closed")
    if _order(form) <= _order(circle.form):
        raise Invalid("form_lowered", field="form")
    wider = replace(circle, form=form)
    return _next(wider) if circle.phase is not Phase.WATCH else wider


def accept_as_is(circle: Circle, reason: str) -> Circle:
    """Not repaired, and good enough all the same: ended, with a reason, whatever step was open. Raises
    Invalid: action_closed, reason_missing.
    """
    if circle.ended:
        raise Invalid("action_closed")
    _say(reason)
    return replace(circle, step=None, phase=Phase.CLOSED)


def cancel(circle: Circle, reason: str) -> Circle:
    """Opened by mistake: ended, with a reason; it stays readable."""
    if circle.ended:
        raise Invalid("action_closed")
    _say(reason)
    return replace(circle, phase=Phase.CANCELLED)


def _at(circle: Circle, step: Step) -> None:
    if circle.ended:
        raise Invalid("action_closed")
    if circle.phase is Phase.WATCH or circle.step is not step:
        raise Invalid("step_not_open")


def _in_review(circle: Circle, step: Step) -> None:
    _at(circle, step)
    if circle.phase is not Phase.REVIEW:
        raise Invalid("nothing_sent")


def _passed(circle: Circle, step: Step) -> Circle:
    return _next(replace(circle, accepted=circle.accepted | {step}))


def _next(circle: Circle) -> Circle:
    for step in circle.path:
        if step not in circle.accepted:
            return replace(circle, step=step, phase=Phase.OPEN)
    return replace(circle, step=None, phase=Phase.CLOSED)


def _back(circle: Circle) -> Circle:
    kept = circle.accepted & {Step.CONTAIN}  # what was contained stays contained
    return _next(replace(circle, accepted=kept, doers=frozenset()))


def _say(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason_missing", field="reason")


def _order(form: Form) -> int:
    return list(Form).index(form)
