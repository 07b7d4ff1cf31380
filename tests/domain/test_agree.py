"""The rules live twice (DESIGN §3 rule 5). Python writes cases, node answers them, and nothing may differ."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.domain import answers as reading
from app.domain import merge, signatures
from app.domain.canonical import canonical, digest
from app.domain.duty import blockers
from app.domain.findings import due_by_rule, findings, severity
from app.domain.scoring import score
from tests.domain.generate import audits, histories, json_values, walks
from tests.domain.reading import SCORING, answers, definition, operation, vectors

NODE = Path(__file__).with_name("agree.mjs")


def ask_node(cases):
    asked = subprocess.run(
        ["node", str(NODE)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def collect(strategy, count):
    """So many drawn values; node is then asked once for all of them."""
    drawn = []

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(value):
        drawn.append(value)

    draw()
    return drawn


def compare(cases, expected):
    answered = ask_node(cases)
    for case, mine, theirs in zip(cases, expected, answered, strict=True):
        assert theirs == json.loads(json.dumps(mine)), case


def test_scores_agree():
    # The vectors come along whole, so that what fires is known to be reached and compared to the last member.
    known = [(definition(v), answers(v), v.get("out_of_scope", [])) for v in SCORING["vectors"]]
    drawn = known + collect(audits(), 400)
    cases = [{"ask": "score", "definition": d, "answers": a, "left": left} for d, a, left in drawn]
    results = [score(d, a, left) for d, a, left in drawn]
    compare(cases, results)
    fired = {rule["rule"] for result in results for rule in result["rules"]}
    assert fired == {
        "grade_by_total",
        "cap_b_section_below_80",
        "cap_b_critical_4",
        "cap_b_any_0",
        "cap_c_section_below_70",
        "cap_c_critical_0",
        "veto",
        "coverage",
        "unanswered",
        "nothing_evaluated",
    }
    assert {result["grade"] for result in results} == {"A", "B", "C", None}


def test_duties_and_findings_agree():
    drawn = collect(audits(), 300)
    torn = ["man-1", "method-2"]
    cases = [
        {"ask": ask, "definition": d, "answers": a, "left": left, "torn": torn}
        for d, a, left in drawn
        for ask in ("blockers", "findings")
    ]
    expected = []
    for d, a, left in drawn:
        expected.append(blockers(d, a, left, torn))
        questions = [question for section in d["sections"] for question in section["questions"]]
        opened = [
            severity(d, q, a.get(q["id"], {}).get("score"), a.get(q["id"], {}).get("note")) for q in questions
        ]
        expected.append([finding._asdict() if finding else None for finding in opened])
    compare(cases, expected)


def _told(state):
    return sorted(
        [
            {
                "path": path,
                "field": field,
                "heads": [head._asdict() for head in held.heads],
                "value": held.value,
                "conflict": held.conflict,
            }
            for (path, field), held in state.items()
        ],
        key=lambda register: (register["path"], register["field"]),
    )


def test_merging_agrees():
    cases, expected = [], []
    known = [vector["operations"] for vector in vectors("merge")["vectors"]]
    for history in known + collect(histories().flatmap(st.permutations), 400):
        operations = [vars(operation(fields[:5])) for fields in history]
        cases.append({"ask": "registers", "operations": operations})
        expected.append(_told(merge.registers([SimpleNamespace(**op) for op in operations])))
    answered = ask_node(cases + [case | {"ask": "incremental"} for case in cases])
    for told, mine in zip(answered, expected + expected, strict=True):
        assert sorted(told, key=lambda register: (register["path"], register["field"])) == mine
    assert any(register["conflict"] for state in expected for register in state)
    assert any(len(register["heads"]) > 2 for state in expected for register in state)


def test_reading_a_state_agrees():
    ops = [
        ["a", "q/M01 score", "8", [], 1],
        ["b", "q/M01 score", "6", [], 1],
        ["c", "q/M02 note", {"text": "x", "lang": "en"}, [], 2],
        ["d", "q/M01 photo:p", {"media_id": "p"}, [], 4],
        ["e", "q/M01 photo:o", {"media_id": "o"}, [], 3],
        ["f", "q/M01 photo:n", None, [], 3],
        ["g", "s/management covered", {"in": False, "reason": {"text": "x", "lang": "en"}}, [], 1],
        ["h", "s/man covered", {"in": True}, [], 1],
        ["i", "participants/2 row", {"on": True}, [], 1],
        ["j", "participants/2 name", {"text": "Bo Chen", "lang": "en"}, [], 2],
        ["k", "participants/1 row", None, [], 2],
        ["l", "plan due", "2026-11-30", [], 2],
    ]
    state = merge.registers([operation(fields) for fields in ops])
    found = reading.answers(state)
    assert found["M01"] == {
        "score": "6",
        "note": None,
        "reason": None,
        "photos": [{"media_id": "o"}, {"media_id": "p"}],
    }
    assert reading.out_of_scope(state) == {"management"}
    assert reading.torn_questions(state) == ["M01"]
    expected = {
        "answers": found,
        "out": ["management"],
        "torn": ["M01"],
        "photos": merge.photos(state, "q/M01"),
        "rows": [list(row) for row in merge.rows(state, "participants").items()],
    }
    compare([{"ask": "reading", "operations": [vars(operation(fields)) for fields in ops]}], [expected])


def _signed(definition, operations, hashes, checklist):
    state = merge.registers([SimpleNamespace(**op) for op in operations])
    parts = signatures.covered(state, dict(hashes)), signatures.live_photos(state)
    rows = signatures.standing(checklist, *parts, signatures.given(state))
    return {
        "digest": signatures.digest_of(checklist, *parts, "sign-1", "zh-Hant"),
        "rows": [[r.row, r.kind, r.slot, r.operation, r.lamport, r.counts] for r in rows],
        "slots": signatures.slots(definition, rows),
        "blockers": signatures.blockers(definition, rows),
    }


def _sign(kind, slot, digest, lamport):
    """An operation that signs or refuses with this digest."""
    held = (
        {"consent": {"id": "sign-1", "language": "zh-Hant"}}
        if kind == "signed"
        else {"reason": {"text": "否", "lang": "zh-Hant"}}
    )
    name = f"sign/{slot}-{lamport} {kind}"
    return [f"s-{slot}-{lamport}", name, {"slot": slot, "digest": digest, **held}, [], lamport]


def _severities(drawn, day):
    return {
        entry.severity
        for asked, made, _ in drawn
        for entry in findings(asked, merge.registers([operation(fields) for fields in made]), day, "en")
    }


def test_findings_and_signatures_agree():
    cases, expected, checklist, day = [], [], "c" * 64, date(2026, 11, 25)
    drawn = collect(walks(), 300)
    while _severities(drawn, day) != {"major", "minor", "observation"} and len(drawn) < 3000:
        drawn += collect(walks(), 300)  # a remark beside the best answer is drawn seldom
    for asked, made, hashes in drawn:
        operations = [vars(operation(fields)) for fields in made]
        known = [[op["id"], found] for op, found in zip(operations, hashes, strict=True)]
        digest_now = _signed(asked, operations, known, checklist)["digest"]
        # a good signature, one of something else, and a refusal, whose consent text is another
        for signed in (
            _sign("signed", "auditor", digest_now, 60),
            _sign("signed", "auditee", "0" * 64, 61),
            _sign("refused", "auditee", digest_now, 62),
        ):
            operations.append(vars(operation(signed)))
        shared = {"definition": asked, "operations": operations}
        for language in ("en", "zh-Hant"):
            state = merge.registers([SimpleNamespace(**op) for op in operations])
            cases.append({"ask": "entries", **shared, "day": day.isoformat(), "language": language})
            expected.append([entry._asdict() for entry in findings(asked, state, day, language)])
        cases.append({"ask": "signed", **shared, "hashes": known, "checklist": checklist})
        expected.append(_signed(asked, operations, known, checklist))
    compare(cases, expected)
    told = [case for case in expected if isinstance(case, dict)]
    assert len({case["digest"] for case in told}) > 60
    assert all([row[5] for row in case["rows"]] == [True, False, False] for case in told)
    opened = [entry for case in expected if isinstance(case, list) for entry in case]
    assert {entry["severity"] for entry in opened} == {"major", "minor", "observation"}
    assert any(entry["severity"] != entry["rule_severity"] for entry in opened)


def test_due_days_agree():
    days = st.dates(date(2000, 1, 1), date(2199, 1, 1))
    drawn = collect(st.tuples(st.sampled_from(["major", "minor", "observation"]), st.booleans(), days), 300)
    found = [due_by_rule(*drawing) for drawing in drawn]
    compare(
        [{"ask": "due", "severity": s, "at_once": once, "day": day.isoformat()} for s, once, day in drawn],
        [due.isoformat() if due else None for due in found],
    )


def test_judging_strokes_agrees():
    number = st.integers(-3, 1003) | st.integers(0, 60) | st.sampled_from([True, None, "1", []])
    drawn = collect(st.lists(st.lists(number, max_size=8) | st.just(None), max_size=5) | json_values, 400)
    drawn += [json.loads(text) for _, text, _ in vectors("signatures")["strokes"]]
    problems = [signatures.stroke_problem(strokes) for strokes in drawn]
    compare([{"ask": "strokes", "strokes": strokes} for strokes in drawn], problems)
    assert {None, "signature_strokes", "signature_too_small"} <= set(problems)


def test_canonical_forms_and_digests_agree():
    drawn = collect(json_values, 500)
    written = [canonical(value) for value in drawn]
    compare(
        [{"ask": "canonical", "value": value} for value in drawn],
        [[data.decode(), digest(data)] for data in written],
    )
