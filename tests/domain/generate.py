"""Hypothesis strategies for checklists, answers and operations."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.domain.reading import SCORING, scale

Audit = tuple[dict[str, Any], dict[str, Any], list[str]]


@st.composite
def audits(draw: st.DrawFn) -> Audit:
    """A checklist, answers to some of it, and the sections out of scope."""
    ruler = scale(draw(st.sampled_from(sorted(SCORING["scales"]))))
    names = draw(st.lists(st.sampled_from(["man", "machine", "material", "method"]), unique=True, max_size=4))
    flags = st.sampled_from([(False, False), (True, False), (False, True)])
    sections = []
    for name in names:
        drawn = draw(st.lists(st.tuples(st.integers(1, 9), flags), min_size=1, max_size=5))
        questions = [
            {"id": f"{name}-{at}", "weight": weight, "critical": star, "veto": veto}
            for at, (weight, (star, veto)) in enumerate(drawn, start=1)
        ]
        sections.append({"id": name, "questions": questions})
    weights = st.dictionaries(st.sampled_from(["man", "machine", "method"]), st.integers(1, 5), min_size=1)
    rules = {
        "grade": draw(st.sampled_from([{"a": 90, "b": 80}, {"a": 85, "b": 60}, None])),
        "coverage": draw(st.sampled_from([[2, 3], [1, 2], None])),
        "downgrade": draw(st.sampled_from(["vda", "none"])),
        "group_weights": draw(st.none() | weights),
        "duty": draw(st.sampled_from(["vda", "none"])),
    }
    values = [option["value"] for option in ruler["options"]]
    # Some audits are mostly good, or none generated would ever reach an A.
    given = st.sampled_from([*values[:1] * draw(st.sampled_from([1, 12])), *values, "na", None])
    texts = st.sampled_from(
        [
            None,
            {"text": "seen", "lang": "en"},
            {"text": "as hinted", "lang": "en", "canned": "hinted"},
            {"text": " \u3000\n", "lang": "zh-Hans"},
        ]
    )
    answers = {
        question["id"]: {
            "score": draw(given),
            "note": draw(texts),
            "reason": draw(texts),
            "photos": draw(st.sampled_from([[], ["p"]])),
        }
        for section in sections
        for question in section["questions"]
        if draw(st.integers(0, 9))
    }
    definition = {
        "scale": ruler,
        "na": draw(st.sampled_from([True, True, False])),
        "rules": rules,
        "sections": sections,
    }
    return (
        definition,
        answers,
        draw(st.lists(st.sampled_from([*names, "elsewhere"]), unique=True, max_size=2)),
    )


REGISTERS = ("q/M01 score", "q/M01 note", "q/M01 photo:p", "participants/r row", "participants/r name")


@st.composite
def histories(draw: st.DrawFn) -> list[list[Any]]:
    """Operations as [id, register, value, parents, lamport, at], in an order a phone could have made them.

    Parents are earlier operations, mostly of the same register; lamport and clock lie as they like.
    """
    made: list[list[Any]] = []
    for number in range(draw(st.integers(0, 12))):
        register = draw(st.sampled_from(REGISTERS))
        own = [op[0] for op in made if op[1] == register]
        other = [op[0] for op in made if op[1] != register]
        parents = draw(st.lists(st.sampled_from(own), unique=True, max_size=3)) if own else []
        if other and draw(st.integers(0, 5)) == 0:
            parents = [*parents, draw(st.sampled_from(other))]
        if draw(st.integers(0, 7)) == 0:
            parents = [*parents, "never-seen"]
        value = draw(
            st.sampled_from([None, "8", "6", {"on": True}, {"on": 1}, {"text": "字", "lang": "zh-Hant"}])
        )
        name = f"{draw(st.integers(0, 99)):02}-{number:02}"
        made.append([name, register, value, parents, draw(st.integers(1, 6)), draw(st.integers(-9, 9))])
    return made


TYPED = st.sampled_from([None, {"text": "字", "lang": "zh-Hant"}, {"text": "seen", "lang": "en"}])
REASON = {"text": "because", "lang": "en"}
FINDING_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "severity": st.sampled_from([None, "major", "minor", "observation"]).map(
        lambda found: found and {"severity": found, "reason": REASON}
    ),
    "requirement": TYPED,
    "statement": TYPED,
    "evidence": TYPED,
    "owner": st.sampled_from([None, {"name": "Somebody", "contact": None}]),
    "due": st.sampled_from([None, "2027-02-28"]),
    "position": st.sampled_from(
        [None, {"stand": "agree", "text": None}, {"stand": "disagree", "text": REASON}]
    ),
}


@st.composite
def walks(draw: st.DrawFn) -> tuple[dict[str, Any], list[list[Any]], list[str]]:
    """A checklist that asks for signatures, operations as [id, register, value, parents, lamport] that answer
    it, write about findings and sign, and a hash of each; some signatures are of what stood at their time.
    """
    definition, answers, left = draw(audits())
    rules = definition["rules"] | {
        "signatures": draw(st.sampled_from([[], ["auditor"], ["auditor", "auditee"]]))
    }
    made: list[list[Any]] = []

    def write(register: str, value: Any) -> None:
        parents = [op[0] for op in made if op[1] == register][-1:] if draw(st.booleans()) else []
        name = f"{draw(st.integers(0, 99)):02}-{len(made):03}"
        made.append([name, register, value, parents, draw(st.integers(1, 50))])

    for section in left:
        write(f"s/{section} covered", {"in": False, "reason": REASON})
    for question, answer in answers.items():
        for field in ("score", "note"):
            write(f"q/{question} {field}", answer[field])
        for at, _ in enumerate(answer["photos"]):
            write(
                f"q/{question} photo:{at}",
                draw(st.sampled_from([None, {"sha256": "a" * 64}, {"sha256": "b" * 64}])),
            )
        for field, values in FINDING_FIELDS.items():
            if not draw(st.integers(0, 3)):
                write(f"f/{question} {field}", draw(values))
    texts = [
        section["questions"][0]
        | {"text": draw(st.sampled_from([{"en": "Q"}, {"zh-Hans": "问"}, {"en": "Q", "zh-Hant": "問"}]))}
        for section in definition["sections"]
    ]
    sections = [
        section | {"questions": [text, *section["questions"][1:]]}
        for section, text in zip(definition["sections"], texts, strict=True)
    ]
    hashes = [draw(st.sampled_from("0123456789abcdef")) * 64 for _ in made]
    return definition | {"rules": rules, "sections": sections}, made, hashes


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6), inner, max_size=4
        )
    ),
    max_leaves=12,
)
