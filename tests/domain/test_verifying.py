"""The verdict on a file, from what its seals say and what is on record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.verifying import Facts, Issued, Seal, Verdict, judge

FIRST = Issued(1, "a" * 64, 1000, ("SigAuditor", "SigAuditee"))
SECOND = Issued(2, "b" * 64, 2000, ("SigAuditor", "SigAuditee", "SigApprover"))
HELD = Seal(
    "SigAuditor", "Lin", "", "", None, None, "", "B-B", ours=True, intact=True, sound=True, placed=True
)
TWO = [HELD, replace(HELD, field="SigAuditee")]
GOOD = Facts(1000, FIRST.sha256, True, "", 1, {1000: FIRST.sha256}, TWO, (), 990)
OTHER = "f" * 64


def altered(**members: object) -> Facts:
    """A file that is not on record byte for byte."""
    return replace(GOOD, sha256=OTHER, beginnings={1000: OTHER}, **members)


@pytest.mark.parametrize(
    ("facts", "issued", "verdict"),
    [
        (GOOD, [FIRST], Verdict.GENUINE),
        (GOOD, [FIRST, SECOND], Verdict.EARLIER),
        (replace(GOOD, sha256=SECOND.sha256), [FIRST, SECOND], Verdict.GENUINE),
        (altered(seals=TWO), [FIRST], Verdict.OFF_RECORD),
        (altered(seals=TWO), [], Verdict.OFF_RECORD),
        (altered(seals=TWO), [FIRST, SECOND], Verdict.EARLIER),
        (altered(seals=TWO[:1]), [FIRST], Verdict.EARLIER),
        (altered(seals=[replace(HELD, intact=False, sound=False), TWO[1]]), [FIRST], Verdict.BROKEN),
        (altered(seals=[replace(HELD, intact=False, placed=False)] * 2), [FIRST], Verdict.REWRITTEN),
        (altered(seals=[replace(HELD, sound=False)] * 2), [FIRST], Verdict.CHANGED),
        (altered(seals=TWO, changes=["font"]), [FIRST], Verdict.CHANGED),
        (altered(seals=[*TWO, replace(HELD, ours=False)]), [FIRST], Verdict.CHANGED),
        (altered(seals=[replace(HELD, ours=False, sound=False)]), [FIRST], Verdict.FOREIGN),
        (altered(seals=[]), [FIRST], Verdict.STRIPPED),
        (altered(seals=[]), [], Verdict.UNSEALED),
        (altered(readable=False, seals=[]), [], Verdict.UNREADABLE),
    ],
)
def test_verdicts(facts: Facts, issued: list[Issued], verdict: Verdict) -> None:
    assert judge(facts, issued, known=bool(issued)) is verdict


@pytest.mark.parametrize(
    ("members", "verdict"),
    [
        ({"bare_from": 1000}, Verdict.APPENDED),
        ({"bare_from": 1000, "readable": False, "seals": []}, Verdict.APPENDED),
        ({"bare_from": 1200}, Verdict.CHANGED),
        ({"bare_from": 1200, "changes": ["page_content"]}, Verdict.CHANGED),
        ({"bare_from": 1200, "readable": False, "seals": []}, Verdict.CHANGED),
        ({"bare_from": 1200, "seals": TWO[:1]}, Verdict.STRIPPED),
        ({"bare_from": 1200, "seals": []}, Verdict.STRIPPED),
    ],
)
def test_what_goes_on_behind_the_issued_bytes(members: dict[str, object], verdict: Verdict) -> None:
    facts = replace(GOOD, size=1500, sha256=OTHER, beginnings={1000: FIRST.sha256, 1500: OTHER}, **members)
    assert judge(facts, [FIRST], known=True) is verdict


def test_a_record_alone_never_makes_a_strangers_file_genuine() -> None:
    forged = altered(seals=[replace(HELD, ours=False)] * 2)
    assert judge(forged, [FIRST], known=True) is Verdict.FOREIGN
