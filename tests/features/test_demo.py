"""The demo: whole, made of real operations, only in an empty database, its passwords for one pair of eyes."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.adapters import clock
from app.adapters.passwords import fits
from app.config import ROOT, Config, read_config
from app.db import reading
from app.demo.people import MEMBERS, SIGN_INS
from app.domain.answers import answers, out_of_scope
from app.domain.dates import local_day
from app.domain.scoring import score
from app.domain.signatures import stroke_problem
from app.factory import create_app
from app.features.accounts.models import Device, Person
from app.features.evidence.models import Media, MediaUse
from app.features.inspections.models import Finding, Inspection, Revision
from app.features.inspections.queries import asked_in, last_before, work_of
from app.features.inspections.queries.signing import signatures_of
from app.features.operations.models import Operation, OperationFate, Quarantined
from app.features.operations.queries import installation, state_of
from app.outbox import Outgoing
from tests import ready_demo
from tests.cast import assemble


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An app on a database with the demo in it."""
    data = tmp_path_factory.mktemp("demo") / "data"
    ready_demo.copy_to(data, tmp_path_factory)
    return create_app(read_config({"PLUMBLINE_DATA": str(data)}))


def inspections() -> dict[str, list[Inspection]]:
    found: dict[str, list[Inspection]] = {}
    for row in reading().scalars(select(Inspection).order_by(Inspection.number)):
        found.setdefault(row.state, []).append(row)
    return found


def test_the_passwords_are_random_and_for_the_owners_eyes_only(demo: Flask) -> None:
    path = demo.config["PLUMBLINE"].data / SIGN_INS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    table = path.read_text("utf-8")
    assert len(set(re.findall(r"\b[a-z0-9]{5}(?:-[a-z0-9]{5}){2}\b", table))) == len(MEMBERS)
    with demo.app_context():
        for member in MEMBERS:
            line = next(line for line in table.splitlines() if member.email in line)
            found = re.search(r"\b[a-z0-9]{5}(?:-[a-z0-9]{5}){2}\b", line)
            person = reading().scalars(select(Person).where(Person.email == member.email)).one()
            assert found and fits(found[0], person.password_hash), member.name


def test_every_state_and_grade_is_there(demo: Flask) -> None:
    with demo.app_context():
        by_state = inspections()
        today = local_day(clock.now(), "Asia/Shanghai")
        due = [(row.due - today).days for row in by_state["planned"] if row.due]
        assert min(due) < 0 and 0 in due and max(due) > 0, "overdue, today, later"
        assert len(by_state["in_progress"]) >= 3 and len(by_state["cancelled"]) == 1
        done = by_state["completed"]
        assert {row.grade for row in done if row.unit_id is None} == {"A", "B", "C"}
        assert [row for row in done if row.vetoed], "one vetoed"
        results = [row.result or {} for row in done if row.unit_id is None]
        assert [r for r in results if (r["grade_before"], r["grade"]) == ("A", "B")], "one B from A"


def test_what_is_finished_is_signed_frozen_and_has_its_findings(demo: Flask) -> None:
    with demo.app_context():
        session = reading()
        done = inspections()["completed"]
        kinds = []
        for row in done:
            given = signatures_of(session, row, state_of(session, row.id))
            assert [one.slot for one in given] == ["auditor", "auditee"] and all(one.counts for one in given)
            assert all(one.kind == "refuse" or not stroke_problem(one.value["strokes"]) for one in given)
            kinds += [one.kind for one in given]
        assert kinds.count("refuse") == 2, "a supplier, an owner"
        assert session.scalar(select(func.count()).select_from(Revision)) == len(done)
        found = list(session.scalars(select(Finding)))
        assert {finding.severity for finding in found} == {"major", "minor", "observation"}
        assert {finding.stand for finding in found} == {"agree", "disagree"}
        assert any(finding.severity != finding.rule_severity for finding in found)
        assert all(f.statement and f.owner_contact_id for f in found if f.severity != "observation")


def test_projections_agree_with_the_operations(demo: Flask) -> None:
    with demo.app_context():
        session = reading()
        for rows in inspections().values():
            for row in rows:
                state = state_of(session, row.id)
                form = asked_in(session, row)
                assert row.result == score(form.definition, answers(state), out_of_scope(state)), row.number
                assert row.conflicts == 0


def test_everything_came_in_as_operations_of_known_devices(demo: Flask) -> None:
    with demo.app_context():
        session = reading()
        assert session.scalar(select(func.count()).select_from(Operation))
        assert not session.scalar(select(func.count()).select_from(OperationFate)), "all were applied"
        assert not session.scalar(select(func.count()).select_from(Quarantined))
        known = set(session.scalars(select(Device.id)))
        devices = set(session.scalars(select(Operation.device_id).distinct())) - {None}
        assert devices and devices <= known
        times = session.scalars(select(Operation.at)).all()
        assert max(times) <= clock.now().timestamp() * 1000, "nothing happens in the future"


def test_every_photo_named_is_here_and_has_its_copies(demo: Flask) -> None:
    with demo.app_context():
        session = reading()
        used = set(session.scalars(select(MediaUse.sha256)))
        assert used and used <= set(session.scalars(select(Media.sha256)))
        blobs = demo.extensions["plumbline.blobs"]
        assert all(blobs.exists(sha) and blobs.has_named(f"derived/480/{sha}.jpg") for sha in used)


def test_the_audit_under_way_has_a_last_time(demo: Flask) -> None:
    with demo.app_context():
        session = reading()
        for row in inspections()["in_progress"]:
            if row.company.name == "Hengda Precision":
                before = last_before(session, row)
                assert before is not None and before.state == "completed"
                return
    pytest.fail("no audit at Hengda Precision under way")


def test_every_auditor_has_work_of_each_kind(demo: Flask) -> None:
    from app.features.accounts.queries import actor_of, by_email

    with demo.app_context():
        session = reading()
        for key in ("lin", "bo"):
            person = by_email(session, f"{key}@nordhaven.example")
            assert person is not None
            states = {row.state for row in work_of(session, actor_of(session, person))}
            assert {"planned", "in_progress", "completed"} <= states


def test_it_calls_itself_a_demo_and_sends_no_letters(demo: Flask) -> None:
    with demo.app_context():
        assert installation(reading()).demo
        waiting = set(reading().scalars(select(Outgoing.kind)))
        made = {"reports.issue", "plan.tiles"}
        assert waiting == made, "reports and plans are made, nobody gets a letter"


def test_a_database_with_people_is_left_alone(app: Flask, config_for: Callable[..., Config]) -> None:
    cast = assemble(app)
    config = app.config["PLUMBLINE"]
    told = create_app(config_for(config.database_url, PLUMBLINE_DEMO="1")).test_cli_runner()
    answer = told.invoke(args=["demo", "load"])
    assert answer.exit_code == 1
    assert "There are people in this database" in answer.output
    assert not (config.data / SIGN_INS).exists()
    with app.app_context():
        assert not installation(reading()).demo
        assert reading().get(Person, cast.owner) is not None
        assert reading().scalar(select(func.count()).select_from(Inspection)) == 0


def test_without_the_demo_setting_there_is_none(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["demo", "load"])
    assert answer.exit_code == 1 and "PLUMBLINE_DEMO is 0" in answer.output


def test_a_demo_never_becomes_a_real_installation(demo: Flask) -> None:
    data = demo.config["PLUMBLINE"].data
    environ = {"PATH": "/usr/bin:/bin", "PLUMBLINE_DATA": str(data), "PLUMBLINE_DEMO": "0"}
    refused = subprocess.run(
        [sys.executable, "-m", "scripts.prepare"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=timedelta(minutes=1).total_seconds(),
    )
    assert refused.returncode == 1
    assert "a demo never becomes a real installation" in refused.stderr
    assert "Traceback" not in refused.stderr
