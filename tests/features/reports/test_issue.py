"""From the request to the issued file: exactly once, whatever happens in between."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pikepdf
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.adapters.blobs import LocalBlobs
from app.adapters.claims import Job
from app.db import Database, new_id, transaction
from app.domain.errors import Invalid, NotFound, Stale, Unavailable
from app.features.reports import commands
from app.features.reports.models import Report, ReportFile
from app.features.reports.report import Seal
from app.journal import entries
from app.outbox import Outgoing
from tests.factories.photos import jpeg
from tests.features.reports.conftest import NOW, House, put_photo
from tests.features.reports.kind import Walk


def rows(house: House) -> list[Outgoing]:
    with house.app.app_context(), transaction() as session:
        return list(session.scalars(select(Outgoing).where(Outgoing.kind == commands.ISSUE)))


def test_issued_means_a_row_a_file_and_a_journal_entry(made: House) -> None:
    report = made.row(made.report)
    file = report.file
    assert file is not None and report.issued_at is not None and report.digest
    assert (file.turn, file.level, file.pages) == (1, "B-B", 1)
    assert file.seals == [
        {"field": "SigAuditor", "name": "Lin Yaping"},
        {"field": "SigAuditee", "name": "王建国"},
    ]
    assert len(report.verify_id) == 26 and report.number == "W-2026-0007"
    with made.app.app_context(), transaction() as session:
        told = entries(session, report.id)
        assert [entry.act for entry in told] == ["report_requested", "report_issued"]
        assert told[1].facts["sha256"] == file.sha256


def test_asking_twice_is_asking_once(house: House) -> None:
    assert house.ask(house.cast.site) == house.report
    other = house.ask(house.cast.site, language="zh-Hans")
    assert other != house.report and house.ask(house.cast.site, language="zh-Hans") == other
    assert len(rows(house)) == 2


def test_two_who_ask_at_once_get_the_same_report(app_on_both, cast_on_both) -> None:  # type: ignore[no-untyped-def]
    app, cast, walks = app_on_both, *cast_on_both
    walks.told[cast.site] = Walk(cast.site)
    gate, got = threading.Barrier(4), []

    def ask() -> None:
        with app.app_context(), transaction() as session:
            gate.wait()
            asked = commands.request(
                session,
                kind="walk",
                record_id=cast.site,
                revision=1,
                language="en",
                now=NOW,
                person_id=None,
            )
            got.append(asked.id)

    if app.extensions["plumbline.database"].sqlite:
        gate = threading.Barrier(1)  # only one transaction at a time is open there
    crew = [threading.Thread(target=ask) for _ in range(4)]
    for member in crew:
        member.start()
    for member in crew:
        member.join()
    assert len(got) == 4 and len(set(got)) == 1
    with app.app_context(), transaction() as session:
        assert len(session.scalars(select(Report)).all()) == 1
        issue = select(Outgoing).where(Outgoing.kind == commands.ISSUE)
        assert len(session.scalars(issue).all()) == 1


def test_a_record_that_is_not_there_has_no_report(house: House) -> None:
    with pytest.raises(NotFound):
        house.ask(new_id())


def test_made_again_nothing_changes(house: House) -> None:
    before = house.row(house.report)
    house.make(house.report)
    after = house.row(house.report)
    assert [file.sha256 for file in after.files] == [file.sha256 for file in before.files]


def test_two_workers_issue_one_file(house: House) -> None:
    report = house.ask(house.cast.other_site)
    crew = [threading.Thread(target=house.make, args=(report,)) for _ in range(2)]
    for member in crew:
        member.start()
    for member in crew:
        member.join()
    found = house.row(report)
    assert found.state == "issued" and len(found.files) == 1


def test_the_drawn_content_is_the_same_however_often(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[bytes] = []
    from app.adapters.seal import Sealer

    real = Sealer.seal

    def watched(self: Sealer, source: Path, *rest: object) -> None:
        drawn.append(source.read_bytes())
        real(self, source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Sealer, "seal", watched)
    report = house.ask(house.cast.other_site)
    with house.app.app_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "issue", lambda *_: False)
        for _ in range(2):
            house.works.issue(Job(new_id(), commands.ISSUE, {"report": str(report)}, 1))
    assert len(drawn) == 2 and drawn[0] == drawn[1]


STEPS = {
    "before drawing": "app.adapters.pdf.PrintRoom._ask",
    "before sealing": "app.adapters.seal.Sealer.seal",
    "between two seals": "app.adapters.seal_keys.open_keys:2",
    "before it is issued": "app.features.reports.commands.issue",
    "after it is issued": "app.adapters.claims.settle:2",
}
KILLED = """
import os, signal, sys
from pathlib import Path
from importlib import import_module
sys.path.insert(0, {root!r})
from tests.features.reports.conftest import open_app, settings
from tests.factories.photos import jpeg
from tests.features.reports.kind import Walk, known
from uuid import UUID
app = open_app(settings(Path({data!r})))
site = UUID({site!r})
walks = known(); walks.told[site] = Walk(site)
path, _, turn = {step!r}.partition(":")
left = [int(turn or 1)]
*place, name = path.split(".")
owner = None
for end in range(len(place), 0, -1):
    try:
        owner = import_module(".".join(place[:end])); break
    except ImportError: continue
for part in place[end:]:
    owner = getattr(owner, part)
real = getattr(owner, name)
def deadly(*a, **k):
    left[0] -= 1
    if left[0] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*a, **k)
setattr(owner, name, deadly)
if name == "settle":
    import app.adapters.jobs as jobs; jobs.settle = deadly
from app.adapters.jobs import KEY
app.extensions[KEY].run_due(app)
"""


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_issues_exactly_one(house: House, step: str) -> None:
    report = house.ask(house.cast.other_site)
    script = KILLED.format(
        root=str(Path(__file__).parents[3]),
        data=str(house.data),
        site=str(house.cast.other_site),
        step=STEPS[step],
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]
    issued = step == "after it is issued"
    assert (house.row(report).state == "issued") is issued
    jobs = house.app.extensions["plumbline.jobs"]
    with house.app.app_context(), transaction() as session:  # the lease runs out
        for row in session.scalars(select(Outgoing).where(Outgoing.done_at.is_(None))):
            row.not_before = NOW
    jobs.run_due(house.app)
    found = house.row(report)
    assert found.state == "issued" and len(found.files) == 1
    with house.app.app_context(), transaction() as session:
        acts = [entry.act for entry in entries(session, report)]
        assert acts.count("report_issued") == 1
        left = session.scalars(
            select(Outgoing).where(Outgoing.kind == commands.ISSUE, Outgoing.done_at.is_(None))
        )
        assert left.all() == []


def test_it_waits_for_photos_and_says_which(house: House) -> None:
    missing = "ab" * 32
    house.walks.told[house.cast.other_site].missing = [missing]
    report = house.ask(house.cast.other_site)
    jobs = house.app.extensions["plumbline.jobs"]
    jobs.run_due(house.app)
    found = house.row(report)
    assert (found.state, found.error) == ("waiting", "report_photos_missing")
    assert found.error_params == {"missing": 1, "photos": [missing]}
    assert [row.not_before > datetime.now(UTC) for row in open_rows(house, report)] == [True]  # looks again
    with house.app.app_context(), transaction() as session:
        commands.photo_arrived(session, "cd" * 32, datetime.now(UTC))
    assert jobs.run_due(house.app) == 0
    for _ in range(3):  # one of several has come: it looks, and still one row waits
        with house.app.app_context(), transaction() as session:
            commands.photo_arrived(session, missing, datetime.now(UTC))
        assert jobs.run_due(house.app) == 1
        assert len(open_rows(house, report)) == 1
    photo = put_photo(house.data, 9)
    walk = house.walks.told[house.cast.other_site]
    walk.missing, walk.photos = [], [photo]
    with house.app.app_context(), transaction() as session:
        commands.photo_arrived(session, missing, datetime.now(UTC))
    jobs.run_due(house.app)
    assert house.row(report).state == "issued" and open_rows(house, report) == []


def open_rows(house: House, report: UUID) -> list[Outgoing]:
    waiting = (row for row in rows(house) if row.payload["report"] == str(report))
    return [row for row in waiting if row.done_at is None]


def test_a_record_that_is_gone_ends_its_report(house: House) -> None:
    report = house.ask(house.cast.other_site)

    def gone(*_: object) -> None:
        raise NotFound()

    house.walks.collect = gone  # type: ignore[method-assign, assignment]
    try:
        house.make(report)
    finally:
        del house.walks.collect  # type: ignore[attr-defined]
    assert (house.row(report).state, house.row(report).error) == ("failed", "not_found")
    house.make(new_id())  # a row of the outbox that outlived its report


def test_a_lost_copy_of_a_photo_is_made_again(house: House) -> None:
    photo = put_photo(house.data, 11)
    blobs = LocalBlobs(house.data / "blobs")
    blobs.delete_named(f"derived/1280/{photo}.jpg")
    house.walks.told[house.cast.other_site].photos = [photo]
    report = house.ask(house.cast.other_site)
    house.make(report)
    assert house.row(report).state == "issued" and blobs.has_named(f"derived/1280/{photo}.jpg")


def test_its_own_fault_ends_it_and_trying_again_is_possible(house: House) -> None:
    walk = house.walks.told[house.cast.other_site]
    walk.template = "nowhere.html"
    report = house.ask(house.cast.other_site)
    with pytest.raises(Exception, match="nowhere"):
        house.make(report)
    assert house.row(report).state == "queued" and house.row(report).error == "report_not_drawn"
    house.make(report, attempt=8)  # the last one
    assert house.row(report).state == "failed"
    walk.template = "walk.html"
    with house.app.app_context(), transaction() as session:
        commands.try_again(session, report, NOW, house.cast.manager)
    house.make(report)
    assert house.row(report).state == "issued"
    with house.app.app_context(), pytest.raises(Stale), transaction() as session:
        commands.try_again(session, report, NOW, house.cast.manager)


def test_what_is_under_way_is_not_begun_twice_by_hand(house: House) -> None:
    report = house.ask(house.cast.other_site)
    with house.app.app_context(), pytest.raises(Stale), transaction() as session:
        commands.try_again(session, report, NOW + timedelta(seconds=30), house.cast.manager)
    with house.app.app_context(), transaction() as session:
        commands.try_again(session, report, NOW + timedelta(minutes=5), house.cast.manager)


def test_an_issued_report_never_changes_even_in_plain_sql(both_engines: str, config_for, request) -> None:  # type: ignore[no-untyped-def]
    database = Database(both_engines)
    with database.write() as session:
        report = Report(
            kind="walk",
            record_id=new_id(),
            number="W-1",
            revision=1,
            language="en",
            state="drawing",
            progress={},
            verify_id="a" * 26,
            title="",
            company="",
            subject="",
            date=NOW,
            requested_at=NOW,
            touched_at=NOW,
        )
        session.add(report)
        session.flush()
        report.state = "issued"
        session.flush()
        session.add(
            ReportFile(
                report_id=report.id,
                turn=1,
                sha256="a" * 64,
                size=1,
                pages=1,
                level="B-B",
                seals=[],
                authority="",
                at=NOW,
            )
        )
    for statement in (
        "UPDATE reports SET number = 'W-2'",
        "UPDATE reports SET state = 'queued'",
        "DELETE FROM reports",
        "UPDATE report_files SET sha256 = 'b'",
        "DELETE FROM report_files",
    ):
        with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
            session.execute(text(statement))
    database.engine.dispose()


def test_a_newer_revision_supersedes(house: House) -> None:
    second = house.ask(house.cast.site, revision=2)
    assert house.row(second).supersedes == house.report
    chinese = house.ask(house.cast.site, revision=2, language="zh-Hans")
    assert house.row(chinese).supersedes == house.report


def test_a_later_party_signs_the_report(house: House) -> None:
    seal = Seal("SigApprover", "", "Elena Hart", "Quality", "Nordhaven", "I release this report.", NOW)
    with house.app.app_context(), transaction() as session:
        commands.ask_seal(session, house.report, seal, NOW, house.cast.manager)
    jobs = house.app.extensions["plumbline.jobs"]
    before = house.file()
    jobs.run_due(house.app)
    report = house.row(house.report)
    assert [file.turn for file in report.files] == [1, 2]
    assert report.file is not None and report.file.seals[-1] == {"field": "SigApprover", "name": "Elena Hart"}
    after = house.file()
    assert after.startswith(before)  # nothing touches what was sealed
    with house.app.app_context(), pytest.raises(Stale, match="already_sealed"), transaction() as session:
        commands.ask_seal(session, house.report, seal, NOW, house.cast.manager)
    with house.app.app_context():  # carried out again: nothing more
        payload = {"report": str(house.report), "seal": {**seal_told(seal)}}
        house.works.seal(Job(new_id(), commands.SEAL, payload, 1))
    assert len(house.row(house.report).files) == 2


def seal_told(seal: Seal) -> dict[str, object]:
    return {
        "field": seal.field,
        "name": seal.name,
        "role": seal.role,
        "organisation": seal.organisation,
        "meaning": seal.meaning,
        "at": NOW.isoformat(),
    }


def test_a_later_refusal_is_sealed_with_its_words(house: House) -> None:
    seal = Seal("SigApprover", "", "Elena Hart", meaning="Declined: not in my power.", at=NOW)
    payload = {"report": str(house.report), "seal": seal_told(seal)}
    with house.app.app_context():  # as in the worker: nobody asks, nobody's language is there
        house.works.seal(Job(new_id(), commands.SEAL, payload, 1))
    with pikepdf.open(io.BytesIO(house.file())) as pdf:
        (field,) = [field for field in pdf.Root.AcroForm.Fields if str(field.T) == "SigApprover"]
        assert str(field.V.Reason) == "Declined: not in my power."


def test_without_anybodys_act_the_organisation_seals(house: House) -> None:
    house.walks.told[house.cast.other_site].seals = False
    report = house.ask(house.cast.other_site)
    house.make(report)
    with pikepdf.open(house.data / "blobs" / _place(house, report)) as pdf:
        fields = [str(field.T) for field in pdf.Root.AcroForm.Fields]
    assert fields == ["SigOrganisation"]


def _place(house: House, report: UUID) -> str:
    file = house.row(report).file
    assert file is not None
    return f"blobs/{file.sha256[:2]}/{file.sha256[2:4]}/{file.sha256}"


def test_the_renderer_killed_in_the_middle_is_started_again(house: House) -> None:
    house.works.room.warm()
    pid = house.works.room.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    report = house.ask(house.cast.other_site)
    house.make(report)
    assert house.row(report).state == "issued"


def test_a_refusal_is_final_and_a_busy_machine_is_not(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    report = house.ask(house.cast.other_site)

    def refused(*_: object) -> None:
        raise Invalid("report_too_heavy")

    monkeypatch.setattr("app.adapters.pdf.PrintRoom._ask", refused)
    house.make(report)
    assert (house.row(report).state, house.row(report).error) == ("failed", "report_too_heavy")

    def busy(*_: object) -> None:
        raise Unavailable("report_renderer_busy")

    monkeypatch.setattr("app.adapters.pdf.PrintRoom._ask", busy)
    other = house.ask(house.cast.other_site, language="zh-Hans")
    with pytest.raises(Unavailable):
        house.make(other)
    assert (house.row(other).state, house.row(other).error) == ("queued", "report_renderer_busy")


def test_a_photo_that_arrives_wakes_the_report(house: House) -> None:
    """Whoever notes a photo tells the reports, in the same transaction."""
    from app.adapters.pictures import Picture
    from app.features.evidence.commands import present

    data = jpeg((64, 48), 7)
    missing = hashlib.sha256(data).hexdigest()
    house.walks.told[house.cast.other_site].missing = [missing]
    report = house.ask(house.cast.other_site)
    house.make(report)
    picture = Picture(1, 1, "image/jpeg", None, None, {})
    with house.app.app_context(), transaction() as session:
        for row in session.scalars(select(Outgoing).where(Outgoing.kind == commands.ISSUE)):
            row.not_before = datetime.now(UTC) + timedelta(hours=1)
    blobs = LocalBlobs(house.data / "blobs")
    blobs.put(missing, data)
    with house.app.app_context(), transaction() as session:
        present(session, blobs, missing, len(data), picture, (house.cast.owner, None), datetime.now(UTC))
    assert [row.not_before <= datetime.now(UTC) for row in open_rows(house, report)] == [True]


def test_whoever_asked_is_told_by_mail(house: House) -> None:
    report = house.ask(house.cast.other_site)
    house.app.extensions["plumbline.jobs"].run_due(house.app)
    letters = [path.read_text("utf-8") for path in (house.data / "mail").iterdir()]
    mine = [letter for letter in letters if str(report) in letter]
    assert len(mine) == 1
    assert "To: manager@example.com" in mine[0] and "W-2026-0008" in mine[0]
    assert f"http://localhost/verify/{house.row(report).verify_id}" in mine[0]


def test_only_one_of_two_workers_issues_on_either_engine(app_on_both, cast_on_both) -> None:  # type: ignore[no-untyped-def]
    app, cast, walks = app_on_both, *cast_on_both
    walks.told[cast.site] = Walk(cast.site)
    with app.app_context(), transaction() as session:
        report = commands.request(
            session, kind="walk", record_id=cast.site, revision=1, language="en", now=NOW, person_id=None
        ).id
    gate, won = threading.Barrier(2), []

    def issue(sha256: str) -> None:
        made = commands.Made(sha256 * 64, 1, 1, "B-B", [], "")
        with app.app_context():
            gate.wait()
            with transaction() as session:
                won.append(commands.issue(session, report, made, "d" * 64, "e" * 32, NOW))

    crew = [threading.Thread(target=issue, args=(letter,)) for letter in "ab"]
    for member in crew:
        member.start()
    for member in crew:
        member.join()
    assert sorted(won) == [False, True]
    with app.app_context(), transaction() as session:
        assert len(session.scalars(select(ReportFile)).all()) == 1


def test_waiting_and_waking_on_either_engine(app_on_both, cast_on_both) -> None:  # type: ignore[no-untyped-def]
    app, cast, walks = app_on_both, *cast_on_both
    walks.told[cast.site] = Walk(cast.site)
    with app.app_context(), transaction() as session:
        report = commands.request(
            session, kind="walk", record_id=cast.site, revision=1, language="en", now=NOW, person_id=None
        ).id
        row = session.scalars(select(Outgoing).where(Outgoing.kind == commands.ISSUE)).one()
        row.attempts, row.not_before = 1, NOW + timedelta(minutes=15)  # a worker has it
        commands.wait_for_photos(session, report, ["ab" * 32], NOW, row.id)
    with app.app_context(), transaction() as session:
        commands.photo_arrived(session, "ab" * 32, NOW)
        due = select(Outgoing).where(Outgoing.kind == commands.ISSUE, Outgoing.not_before <= NOW)
        assert [each.attempts for each in session.scalars(due)] == [0]
