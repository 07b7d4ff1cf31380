"""The checklists that come with Plumbline (domain.md B and C3): complete, in three languages, loaded once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from app.db import transaction
from app.domain.checklists import questions
from app.domain.estates import ROOM_KINDS
from app.domain.scoring import score
from app.domain.words import LANGUAGES
from app.features.checklists import commands
from app.features.checklists.library import definitions
from app.features.checklists.models import Checklist, Version
from app.journal import Entry

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def by_code(code: str) -> dict[str, Any]:
    return next(definition for definition in definitions() if definition["code"] == code)


def test_audit_has_the_59_questions_of_the_six_groups() -> None:
    audit = by_code("4m1e-supplier-audit")
    sizes = {section["id"]: len(section["questions"]) for section in audit["sections"]}
    assert sizes == {
        "man": 10,
        "machine": 11,
        "material": 12,
        "method": 13,
        "environment": 8,
        "management": 5,
    }
    assert list(sizes) == ["man", "machine", "material", "method", "environment", "management"]
    assert [section["id"] for section in audit["sections"] if section["optional"]] == ["management"]
    vetoes = [question["id"] for question in questions(audit) if question["veto"]]
    assert vetoes == ["E11", "P04", "P08", "D06", "V07"]
    assert sum(question["critical"] for question in questions(audit)) == 24
    assert {question["weight"] for question in questions(audit)} == {1, 2, 3}
    assert [option["points"] for option in audit["scale"]["options"]] == [10, 8, 6, 4, 0]


def test_every_question_of_the_audit_offers_statements_for_its_finding() -> None:
    audit = by_code("4m1e-supplier-audit")
    assert audit["rules"]["signatures"] == ["auditor", "auditee"]
    for question in questions(audit):
        offered = question["canned"]
        assert [one["id"] for one in offered] == [f"{question['id']}-{n + 1}" for n in range(len(offered))]
        assert 2 <= len(offered) <= 3
        texts = [one["text"]["en"] for one in offered]
        assert len(set(texts)) == len(texts) and all(len(text) <= 90 for text in texts), texts


def test_handover_has_62_checks_with_trade_severity_and_warranty() -> None:
    handover = by_code("unit-handover")
    asked = questions(handover)
    assert len(asked) == 62
    assert [question["id"] for question in asked] == [f"H{n:02}" for n in range(1, 63)]
    for question in asked:
        assert question["severity"] in "ABC"
        assert question["trade"] in handover["terms"]["trade"]
        assert question["warranty"] is None or question["warranty"] in handover["terms"]["warranty"]
    assert handover["rules"]["grade"] is None
    assert handover["rules"]["signatures"] == ["auditor", "auditee"]


def test_each_check_of_a_handover_belongs_to_some_kind_of_room_and_each_kind_has_checks() -> None:
    asked = questions(by_code("unit-handover"))
    placed = {(question["id"], kind) for question in asked for kind in question["rooms"]}
    assert {check for check, _ in placed} == {question["id"] for question in asked}
    assert {kind for _, kind in placed} == set(ROOM_KINDS)
    # what is there once for the whole flat is not asked in each room again
    assert all(
        question["rooms"] == ["unit"]
        for question in asked
        if question["trade"] in ("Documents", "Contract", "Lift")
    )


def test_common_defects_are_there_for_every_trade_that_is_checked() -> None:
    handover = by_code("unit-handover")
    defects = handover["defects"]
    assert len(defects) >= 60
    assert {one["trade"] for one in defects} == {question["trade"] for question in questions(handover)}
    assert {one["class"] for one in defects} == {"A", "B", "C"}
    for language in LANGUAGES:
        texts = [one["text"][language] for one in defects]
        assert len(set(texts)) == len(texts) and all(len(text) <= 60 for text in texts)


@pytest.mark.parametrize("definition", definitions(), ids=lambda definition: definition["code"])
def test_every_word_is_there_in_all_three_languages(definition: dict[str, Any]) -> None:
    found = list(every_words(definition))
    assert len(found) > 130
    for words in found:
        assert sorted(words) == sorted(LANGUAGES)
        assert all(text.strip() for text in words.values()), words
    texts = [question["text"] for question in questions(definition)]
    assert all(words["en"] != words["zh-Hans"] for words in texts)
    assert sum(words["zh-Hans"] != words["zh-Hant"] for words in texts) > 50


def every_words(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) & set(LANGUAGES):
            yield value
        else:
            for member in value.values():
                yield from every_words(member)
    elif isinstance(value, list):
        for member in value:
            yield from every_words(member)


def test_a_perfect_audit_scores_a_and_a_veto_shows() -> None:
    audit = by_code("4m1e-supplier-audit")
    perfect = {question["id"]: {"score": "10"} for question in questions(audit)}
    assert score(audit, perfect)["grade"] == "A"
    assert score(audit, {**perfect, "P04": {"score": "0"}})["vetoed"] is True


def test_loading_twice_publishes_once(app_on_both: Flask) -> None:
    with app_on_both.app_context():
        with transaction() as session:
            first = commands.load_library(session, NOW)
            assert {version.number for version in first} == {1}
            assert len(first) == 2
        with transaction() as session:
            assert commands.load_library(session, LATER) == []
            assert session.scalar(select(func.count()).select_from(Version)) == 2
            acts = session.scalars(select(Entry.act)).all()
            assert acts == ["checklist.published"] * 2


def test_other_content_is_the_next_version_and_the_library_leaves_it_alone(app: Flask) -> None:
    audit = by_code("4m1e-supplier-audit")
    with app.app_context(), transaction() as session:
        commands.load_library(session, NOW)
        person = make_person(session)
        changed = {**audit, "title": {"en": "Our own audit"}}
        second = commands.publish(session, changed, LATER, person)
        assert second.number == 2
        assert commands.publish(session, changed, LATER, person).id == second.id
        assert second.checklist.title == {"en": "Our own audit"}
        assert commands.load_library(session, LATER) == []


def test_a_published_version_cannot_be_changed(app_on_both: Flask) -> None:
    with app_on_both.app_context():
        with transaction() as session:
            commands.load_library(session, NOW)
        with pytest.raises(DatabaseError, match="append-only"), transaction() as session:
            version = session.scalars(select(Version).limit(1)).one()
            version.sha256 = "0" * 64
            session.flush()
        for statement in (
            "UPDATE checklist_versions SET definition = '{}'",
            "DELETE FROM checklist_versions",
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction() as session:
                session.execute(text(statement))
        with transaction() as session:
            assert session.scalar(select(func.count()).select_from(Version)) == 2
            assert session.scalar(select(func.count()).select_from(Checklist)) == 2


def make_person(session: Any) -> Any:
    from app.features.accounts.models import Person

    person = Person(
        email="lin@example.com", name="Lin Yue", language="en", time_zone="Asia/Shanghai", created_at=NOW
    )
    session.add(person)
    session.flush()
    return person.id
