"""What the report says, before it is drawn: every value shaped from the frozen record alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.config import read_config
from app.domain.canonical import canonical
from app.factory import create_app
from app.features.inspections.report import content_of, context
from app.features.inspections.report.figures import bar, depth, drawn, instrument, radar
from app.features.inspections.report.reader import Reader, signed
from tests.factories.frozen import TEXTS, Built, audit

Shape = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app for its translations; nothing here asks a database."""
    data: Path = tmp_path_factory.mktemp("report-content")
    app = create_app(
        read_config({"PLUMBLINE_DATA": str(data), "PUBLIC_URL": "http://localhost", "PLUMBLINE_DEMO": "0"})
    )
    with app.app_context():
        yield app
    app.extensions["plumbline.database"].engine.dispose()


@pytest.fixture
def shaped(house: Flask) -> Shape:
    def shape(language: str = "en", **how: Any) -> dict[str, Any]:
        return context(audit(**how).record, language)

    return shape


def rule(made: dict[str, Any], starts: str) -> dict[str, Any]:
    return next(rule for rule in made["score"]["rules"] if rule["rule"].startswith(starts))


def test_the_record_is_canonical_and_holds_what_was_there() -> None:
    record = audit().record
    assert json.loads(canonical(record)) == record
    assert (record["number"], record["revision"], record["reason"]) == ("2026-0147", 1, None)
    assert (record["result"]["total"], record["result"]["grade"]) == ("83.3", "B")
    assert len(record["findings"]) == 10
    assert [one["counts"] for one in record["signatures"]] == [True, True]
    assert len(record["photos"]) == len(set(record["photos"])) == 12
    assert len(record["registers"]) == len({(path, field) for path, field, _ in record["registers"]})
    assert record["sections"][1]["questions"][5]["answer"]["last"] == "6"  # E06 in March
    assert record["times"]["offline"]["operations"] > 100


DRAWN = [
    {"kind": "arrow", "x": 100, "y": 100, "x2": 5000, "y2": 4000, "colour": "red"},
    {"kind": "text", "x": 10, "y": 900, "text": "Cr\u202eack\ue000", "lang": "en", "colour": "yellow"},
]


def shown_of(record: dict[str, Any], question: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(
        asked["answer"]["photos"]
        for section in record["sections"]
        for asked in section["questions"]
        if asked["id"] == question
    )
    return found


def test_the_record_keeps_what_was_drawn_as_it_was_drawn() -> None:
    record = audit(drawn={"E02": DRAWN}).record
    assert [photo["marks"] for photo in shown_of(record, "E02")] == [DRAWN, DRAWN]
    assert [photo["marks"] for photo in shown_of(record, "E06")] == [[], []]
    drawn = [field for _path, field, _hash in record["registers"] if field.startswith("marks:")]
    assert drawn == [f"marks:{media}" for media in sorted(p["media_id"] for p in shown_of(record, "E02"))]


def test_a_drawing_stands_with_its_photo_and_can_be_printed(shaped: Shape) -> None:
    cards = {card["question"]: card for card in shaped(drawn={"E02": DRAWN})["findings"]}
    (row,) = cards["E02"]["photos"]["rows"]
    assert len(row) == 2
    for photo in row:
        assert (photo["drawn"]["w"], photo["drawn"]["h"]) == (10_000, 7_500)
        arrow, words = photo["drawn"]["shapes"]
        assert arrow["d"].startswith("M100 100L5000 4000M")
        assert words == {**DRAWN[1], "text": "Crack"}
    assert {photo["drawn"] for row in cards["E06"]["photos"]["rows"] for photo in row} == {None}


def test_a_record_of_before_drawings_were_kept_reads_as_one_without(house: Flask) -> None:
    built, old = audit(), audit()
    for section in old.record["sections"]:
        for question in section["questions"]:
            for photo in question["answer"]["photos"]:
                assert photo.pop("marks") == []
    assert context(old.record, "en") == context(built.record, "en")


def test_a_signature_of_something_older_stands_there_and_does_not_count() -> None:
    record = audit(outdated=True).record
    assert [(one["slot"], one["counts"]) for one in record["signatures"]] == [
        ("auditee", False),
        ("auditor", True),
        ("auditee", True),
    ]


def test_the_context_is_plain_data_and_the_same_every_time(shaped: Shape) -> None:
    first = shaped()
    assert json.loads(json.dumps(first)) == json.loads(json.dumps(shaped()))


def test_the_cover_says_the_result_and_why(shaped: Shape) -> None:
    cover = shaped()["cover"]
    assert (cover["grade"], cover["percent"]) == ("Audit grade B", "83.3")
    assert cover["counts"] == [
        "55 of 59 questions evaluated.",
        "1 major, 8 minor, 1 observation.",
        "Due from 19 November 2026.",
    ]
    assert cover["why"]["lead"] == "Why not A."
    assert "E06 is critical and scored 4: no A." in cover["why"]["text"]
    facts = {fact["label"]: [said["text"] for said in fact["texts"]] for fact in cover["facts"]}
    assert facts["Dates"] == ["17–18 Nov 2026"]
    assert facts["Last audit"] == ["20 March 2026, 80.9, grade B"]
    assert facts["For the other party"] == ["Zhou Kaiming", "Quality manager"]


def test_many_reasons_are_counted_on_the_cover_and_a_veto_comes_first(shaped: Shape) -> None:
    cover = shaped(scores={"E11": "0", "E06": "0", "P01": "0", "D01": "0"})["cover"]
    assert cover["grade"] == "Not approved (veto)"
    assert cover["why"]["text"].startswith("E11 is a veto question and scored 0: not approved.")
    assert "more rules fired." in cover["why"]["text"]
    assert len(cover["why"]["text"]) < 400


def test_sections_are_compared_with_the_audit_before(shaped: Shape) -> None:
    table = shaped()["dimensions"]
    machine = table["rows"][1]
    assert (machine["percent"], machine["points"], machine["evaluated"]) == ("73.1", "190 / 260", "11 / 11")
    assert machine["change"] == "−4.8"
    assert machine["bar"]["below"]
    assert table["total"]["points"] == "1066 / 1280"
    assert table["total"]["change"] == "+2.4"
    assert table["hollow"]
    assert not shaped(before=False)["dimensions"]["compared"]


def test_every_rule_is_told_fired_or_not_and_what_one_change_would_do(shaped: Shape) -> None:
    made = shaped()
    score = made["score"]
    assert score["formula"] == {"width": 10, "awarded": 1066, "possible": 1280, "value": "83.28"}
    assert len(score["rules"]) == 9
    assert [rule["fired"] for rule in score["rules"]] == [
        False,
        False,
        True,
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert rule(made, "Any ★ question scored 4")["found"] == "E06"
    assert rule(made, "Any veto")["found"] == "none of E11, P04, D06, V07; not applicable: P08"
    assert rule(made, "Fewer than 2/3")["found"] == "lowest: Material 10 of 12"
    assert score["change"] == (
        "E06 raised from 4 to 10 lifts Machine from 73.1 to 80.0 and the total from 83.3 to 84.7. "
        "2 rules that hold the grade down fall away. The grade stays B."
    )


def test_findings_read_as_requirement_statement_and_evidence(shaped: Shape) -> None:
    worst = next(card for card in shaped()["findings"] if card["question"] == "E06")
    assert (worst["number"], worst["severity"], worst["shape"], worst["at_once"]) == (
        "F4",
        "Major",
        "■",
        True,
    )
    assert worst["title"]["text"] == TEXTS["findings"]["E06"]["en"]["statement"]
    assert worst["required"]["text"].startswith("Actual process parameters match")
    assert worst["evidence"]["text"] == TEXTS["findings"]["E06"]["en"]["evidence"]
    assert {label: [said["text"] for said in texts] for label, texts in worst["rows"]} == {
        "Due": ["19 November 2026, at once"],
        "Other party": ["Agrees.", TEXTS["findings"]["E06"]["en"]["supplier"]],
    }
    assert [photo["name"] for row in worst["photos"]["rows"] for photo in row] == ["F4a", "F4b"]


def test_a_changed_severity_says_what_the_rule_was_and_why(shaped: Shape) -> None:
    made = shaped(severities={"E03": "observation"})
    lowered = next(card for card in made["findings"] if card["question"] == "E03")
    assert lowered["severity"] == "Observation"
    label, texts = lowered["rows"][0]
    assert label == "Severity"
    assert texts[0]["text"] == "By the rule Minor, set to Observation:"
    assert texts[1]["text"].startswith("One case of forty")


def test_a_finding_without_a_statement_is_headed_by_its_question(shaped: Shape) -> None:
    made = shaped(observations=("E09", "M03"))
    plain = next(card for card in made["findings"] if card["question"] == "M03")
    assert plain["title"]["text"].startswith("A current skills matrix")
    assert plain["required"] is None


def test_an_answer_stands_once_with_its_finding_or_in_its_row(shaped: Shape) -> None:
    rows = {row["id"]: row for section in shaped()["answers"] for row in section["rows"]}
    assert len(rows) == 59
    assert (rows["E06"]["note"], rows["E06"]["see"], rows["E06"]["finding"]) == (None, "F4", "F4")
    assert rows["M01"]["note"]["text"] == TEXTS["answers"]["M01"]["en"]
    assert (rows["M08"]["score"], rows["M08"]["left_out"]) == ("n/a", True)
    assert (rows["E11"]["mark"], rows["E06"]["mark"], rows["M03"]["mark"]) == ("V", "★", "")


def test_what_was_not_evaluated_has_its_reason(shaped: Shape) -> None:
    left = shaped(left_out=["management"])["not_evaluated"]
    assert [row["id"] for row in left["questions"]] == ["M08", "P08", "P12", "D07"]
    assert all(row["reason"]["text"] for row in left["questions"])
    (section,) = left["sections"]
    assert (section["title"]["text"], section["count"]) == ("Management", "5 questions")
    assert section["reason"]["text"] == "Certified and audited by the group this year."


def test_photos_without_a_finding_come_after_the_answers(shaped: Shape) -> None:
    made = shaped(photos=60)
    shown = [photo["sha256"] for card in made["findings"] for row in card["photos"]["rows"] for photo in row]
    shown += [photo["sha256"] for row in made["other_photos"]["rows"] for photo in row]
    assert sorted(shown) == sorted(audit(photos=60).photos)
    assert {len(row) for row in made["other_photos"]["rows"][:-1]} == {3}


def test_a_refusal_says_why_and_before_whom(shaped: Shape, house: Flask) -> None:
    (cells,) = shaped(refused=True)["signatures"]
    auditor, auditee = cells
    assert (auditor["anchor"], auditee["anchor"]) == ("sig-auditor", "sig-auditee")
    assert auditor["strokes"] and not auditor["refused"]
    assert (auditee["refused"], auditee["strokes"]) == (True, [])
    assert auditee["reason"]["text"] == "Wants to talk to the head office first."
    assert [said["text"] for said in auditee["witness"]] == ["Su Wen", "Head of production"]
    seals = content_of(audit(refused=True).body.decode(), "en").seals
    assert [seal.field for seal in seals] == ["SigAuditor", "SigAuditee"]
    assert [seal.meaning.startswith("Declined to sign") for seal in seals] == [False, True]


def test_a_wrong_phone_clock_is_corrected_and_told(shaped: Shape) -> None:
    made = shaped(offset=-420_000)
    (cells,) = made["signatures"]
    assert cells[0]["clock"] == "clock 7 min fast, corrected"
    told = {row["label"]: row["texts"][0]["text"] for row in made["scope"]}
    assert told["Phone clock"].startswith("A phone's clock was 7 minutes fast")
    assert "Phone clock" not in {row["label"] for row in shaped()["scope"]}


def test_the_consent_is_printed_as_it_was_read_and_in_the_readers_language(shaped: Shape) -> None:
    assert [said["lang"] for said in shaped("en", written="zh-Hans")["consents"]] == ["zh-Hans", "en"]
    assert [said["lang"] for said in shaped("en")["consents"]] == ["en"]


def test_four_sign_in_two_rows_each_in_a_place_of_its_own(house: Flask, shaped: Shape) -> None:
    rows = shaped(other=True)["signatures"]
    assert [len(row) for row in rows] == [3, 1]
    seals = content_of(audit(other=True).body.decode(), "en").seals
    assert len({seal.field for seal in seals}) == 4
    assert [seal.anchor for seal in seals] == [cell["anchor"] for row in rows for cell in row]


def test_a_checklist_without_grade_has_no_scale_and_says_what_fell_short(shaped: Shape, house: Flask) -> None:
    made = shaped(checklist="unit-handover")
    assert (made["cover"]["instrument"], made["cover"]["radar"], made["cover"]["why"]) == (None, None, None)
    assert made["cover"]["kind"] == "Inspection report"
    assert {row["score"] for row in made["short"]} == {"Defect"}
    assert [cell["name"]["text"] for row in made["signatures"] for cell in row] == ["Lin Yaping"]
    (seal,) = content_of(audit(checklist="unit-handover").body.decode(), "en").seals
    assert (seal.field, seal.anchor, seal.name) == ("SigAuditor", "sig-auditor", "Lin Yaping")


@pytest.mark.parametrize(
    ("language", "grade", "company"),
    [
        ("en", "Audit grade B", "Qingyan Die Casting Co., Ltd."),
        ("zh-Hans", "审核等级B", "青砚压铸有限公司"),
        ("zh-Hant", "稽核等級B", "青砚压铸有限公司"),
    ],
)
def test_three_languages(shaped: Shape, language: str, grade: str, company: str) -> None:
    made = shaped(language)
    assert made["cover"]["grade"] == grade
    assert made["cover"]["company"]["text"] == company
    assert made["findings"][0]["evidence"]["lang"] == "en"  # what was typed stays in its language
    assert made["answers"][0]["rows"][0]["text"]["lang"] == language


def test_content_carries_the_record_byte_for_byte_and_a_safe_sheet(house: Flask) -> None:
    built: Built = audit(hostile=" =1+1")
    made = content_of(built.body.decode(), "zh-Hans")
    data, sheet = made.attachments
    assert (data.name, data.relationship, data.data) == ("inspection.json", "Data", built.body)
    assert made.digest == built.digest
    assert (sheet.name, sheet.relationship) == ("answers.csv", "Supplement")
    rows = list(csv.reader(io.StringIO(sheet.data.decode("utf-8-sig"))))
    assert len(rows) == 60
    assert rows[0][:3] == ["题号", "章节", "题目"]
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@" and cell]
    assert made.photos == [photo for photo in made.photos if photo in built.photos]
    assert set(made.photos) == set(built.photos)
    assert all(each.name.isascii() for each in made.attachments)


def test_the_bob_hangs_where_the_score_is() -> None:
    assert (depth(1000), depth(833), depth(0)) == (2, pytest.approx(15.026), 80)
    limits = {"a": 90, "b": 80}
    made = instrument(833, limits, "B")
    assert made is not None
    assert made["tip"] == "15.03"
    assert [band["text"] for band in made["bands"] if band["ours"]] == ["B"]
    verdicts = [
        (instrument(tenths, limits, "C") or {})["verdict"] for tenths in (0, 559, 560, 659, 660, 1000)
    ]
    assert verdicts == ["low", "low", "mid", "mid", "high", "high"]
    assert instrument(None, limits, None) is None
    assert instrument(833, None, None) is None


def test_a_radar_needs_axes_that_can_be_read() -> None:
    def axes(count: int, tenths: int | None = 850) -> list[dict[str, Any]]:
        return [{"title": str(n), "lang": "en", "tenths": tenths, "before": None} for n in range(count)]

    assert radar(axes(2), [80], False) is None
    assert radar(axes(13), [80], False) is None
    assert radar(axes(6, None), [80], False) is None
    made = radar(axes(4, 1000), [80, 70], True)
    assert made is not None
    assert made["now"] == made["rings"][0]
    assert made["before"] is None  # one of them is not known


def test_bars_and_strokes() -> None:
    assert bar(731, 80) == {"width": "438", "below": True}
    assert bar(800, 80) == {"width": "480", "below": False}
    assert bar(None, 80) == {"width": "0", "below": False}
    assert drawn([[1, 2, 3, 4], [7, 8]]) == ["M1 2L3 4", "M7 8L8 8"]


def test_times_are_those_of_the_site() -> None:
    reader = Reader("en", "Asia/Shanghai")
    assert reader.moment(1_794_877_800_000) == "17 Nov 2026, 09:10"
    assert reader.stamp(1_794_877_800_000) == "2026-11-17 09:10 +08:00"
    assert Reader("zh-Hans", "Asia/Kathmandu").stamp(1_794_877_800_000) == "2026-11-17 06:55 +05:45"
    assert Reader("en", "America/St_Johns").stamp(1_794_877_800_000).endswith("-03:30")
    assert (signed(44), signed(-48), signed(0)) == ("+4.4", "−4.8", "±0")
