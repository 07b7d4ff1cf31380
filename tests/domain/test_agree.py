"""The rules live twice (DESIGN §3 rule 5). Python writes cases, node answers them, and nothing may differ."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.domain import answers as reading
from app.domain import merge
from app.domain.canonical import canonical, digest
from app.domain.duty import blockers
from app.domain.findings import severity
from app.domain.scoring import score
from tests.domain.generate import audits, histories, json_values
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


def test_canonical_forms_and_digests_agree():
    drawn = collect(json_values, 500)
    written = [canonical(value) for value in drawn]
    compare(
        [{"ask": "canonical", "value": value} for value in drawn],
        [[data.decode(), digest(data)] for data in written],
    )
