"""Backup and restore, on both engines: nothing is lost that a phone or the backup holds."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app import search
from app.adapters import clock
from app.backups import issued
from app.backups.package import Writer
from app.db import new_id, reading, transaction
from app.features.checklists.commands import publish
from app.features.handovers.models import Handover
from app.features.inspections.models import Inspection, Revision
from app.features.operations.models import Operation
from app.features.operations.queries import epoch_of, state_of
from app.features.places.models import Unit
from app.features.reports.models import Report
from app.numbering import next_number
from tests.cast import BORN, Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg
from tests.factories.walk import raise_estate
from tests.sync.carrying import store_for
from tests.sync.store import Store
from tests.sync.world import QUESTIONS, small_checklist


@pytest.fixture
def app(app_on_both: Flask) -> Flask:
    return app_on_both


@pytest.fixture
def cast(app: Flask) -> Cast:
    return assemble(app)


@pytest.fixture
def run(app: Flask) -> Callable[..., Any]:
    return lambda *words: app.test_cli_runner().invoke(args=["backup", *map(str, words)])


def begun(app: Flask, cast: Cast, version: UUID | None = None) -> tuple[Store, str]:
    store = store_for(app, cast.owner)
    record = store.new_id()
    value = {
        "checklist_version": str(version or audit_version(app)),
        "site": str(cast.site),
        "auditors": [str(cast.owner)],
        "due": None,
    }
    store.save(record, "create", "inspection", "created", value)
    return store, record


def made(run: Callable[..., Any], folder: Path) -> Path:
    done = run("create", "--to", folder)
    assert done.exit_code == 0, done.output
    (file,) = folder.glob("*.tar")
    return file


def stored(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {str(op.id): op.hash for op in reading().scalars(select(Operation))}


def test_a_restored_server_is_refilled_from_the_phones(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path
) -> None:
    store, record = begun(app, cast)
    store.save(record, "set", "q/M01", "score", "8")
    assert store.push() and store.pull(record)
    file = made(run, tmp_path / "night")
    store.save(record, "set", "q/M02", "score", "6")
    store.save(record, "set", "q/M01", "score", "10")
    assert store.push() and store.pull(record)
    whole, epoch = stored(app), store.epoch
    assert not store.pending()

    done = run("restore", file)
    assert done.exit_code == 0, done.output
    assert len(stored(app)) == len(whole) - 2, "the backup is of before"
    with app.app_context():
        assert epoch_of(reading()) != epoch
    store.push()  # nothing waits, so this asks nothing
    assert not store.pull(record), "the server says that its history is another"
    assert len(store.pending()) == len(whole)
    while store.pending():
        assert store.push()
    assert store.pull(record)
    assert stored(app) == whole
    with app.app_context():
        state = state_of(reading(), UUID(record))
    assert state["q/M01", "score"].value == "10" and not state["q/M01", "score"].conflict


def test_what_was_issued_after_the_backup_stands(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path
) -> None:
    """The `complete` that a phone sends again ends in the revision people hold, not in another one."""
    with app.app_context(), transaction() as session:
        version = publish(session, small_checklist(), BORN, cast.admin).id
    store, record = begun(app, cast, version)
    for question in QUESTIONS:
        store.save(record, "set", f"q/{question}", "score", "8")
    assert store.push() and store.pull(record)
    file = made(run, tmp_path / "night")
    store.save(record, "complete", "inspection", "completed", {"operations": 4, "media": []})
    assert store.push()
    with app.app_context():
        before = [(r.id, r.at, r.digest, r.body) for r in reading().scalars(select(Revision))]
        assert len(before) == 1
        issued.keep(reading(), app.config["PLUMBLINE"].data, clock.now())  # what the worker does each minute
    assert run("restore", file).exit_code == 0
    with app.app_context():
        assert not reading().scalars(select(Revision)).all()
    for _ in range(3):
        store.pull(record)
        store.push()
    with app.app_context():
        assert [(r.id, r.at, r.digest, r.body) for r in reading().scalars(select(Revision))] == before
        row = reading().get(Inspection, UUID(record))
        assert row is not None and row.state == "completed" and row.completed_at == before[0][1]


def test_a_report_that_is_put_back_is_found_again(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path
) -> None:
    """Reports are put back from what was kept outside the database, and into the words of the search."""
    file = made(run, tmp_path / "night")
    now = clock.now()
    with app.app_context(), transaction() as session:
        report = Report(
            kind="inspection",
            record_id=new_id(),
            number="2026-0147",
            revision=1,
            language="en",
            state="issued",
            progress={},
            verify_id="a" * 26,
            title="Audit",
            company="Qingyan Die Casting",
            subject="Plant 2",
            date=now,
            requested_at=now,
            touched_at=now,
            issued_at=now,
        )
        session.add(report)
        session.flush()
        found = report.id
    with app.app_context():
        issued.keep(reading(), app.config["PLUMBLINE"].data, now)
    assert run("restore", file).exit_code == 0
    with app.app_context():
        assert reading().get(Report, found) is not None
        for words in ("2026-0147", "Qingyan", "plant"):
            assert set(reading().scalars(search.matching(reading(), "report", words))) == {found}, words


def test_a_number_that_was_issued_is_nobody_elses(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path
) -> None:
    """Two audits younger than the backup come back in the other order: the issued one keeps its number."""
    with app.app_context(), transaction() as session:
        version = publish(session, small_checklist(), BORN, cast.admin).id
    first, issued_one = begun(app, cast, version)
    file = made(run, tmp_path / "night")
    for question in QUESTIONS:
        first.save(issued_one, "set", f"q/{question}", "score", "8")
    first.save(issued_one, "complete", "inspection", "completed", {"operations": 4, "media": []})
    assert first.push()
    number = number_of(app, issued_one)
    with app.app_context():
        issued.keep(reading(), app.config["PLUMBLINE"].data, clock.now())
    assert run("restore", file).exit_code == 0

    second, other = begun(app, cast, version)
    assert second.push()
    assert number_of(app, other) != number
    first.save(issued_one, "set", "closing", "held_at", 1_767_225_600_000)  # so that it hears of the restore
    for _ in range(3):
        first.push()
    assert number_of(app, issued_one) == number
    with app.app_context():
        (revision,) = reading().scalars(select(Revision))
        assert json.loads(revision.body)["number"] == number


def number_of(app: Flask, record: str) -> str:
    with app.app_context():
        row = reading().get(Inspection, UUID(record))
        assert row is not None
        return row.number


def test_photos_are_in_it_and_come_back(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path
) -> None:
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    picture = jpeg()
    phone.add_photo("q/M01", picture)
    phone.push()
    assert phone.upload(picture).status_code == 201
    file = made(run, tmp_path / "night")
    sha256 = phone.sha256(picture)
    data: Path = app.config["PLUMBLINE"].data
    evidence = next((data / "blobs" / "blobs").rglob(sha256))
    evidence.unlink()
    assert run("restore", file).exit_code == 0
    assert evidence.read_bytes() == picture
    assert phone.client.get(f"/api/v1/media/{sha256}").status_code == 200


def test_what_is_swept_away_meanwhile_ends_no_backup(
    app: Flask, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo that nothing names goes between listing and copying; half a file has no name in a backup."""
    data: Path = app.config["PLUMBLINE"].data
    for name in ("blobs/blobs/aa/bb/gone", "blobs/blobs/aa/bb/there", "issued/reports/x.json.unfinished"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(b"x")
    add = Writer.add

    def swept(self: Writer, name: str, path: Path) -> str:
        if path.name == "gone":
            path.unlink()
        return add(self, name, path)

    monkeypatch.setattr(Writer, "add", swept)
    done = run("create", "--to", tmp_path)
    (file,) = tmp_path.glob("*.tar")
    kept = names(file)
    assert "blobs/blobs/aa/bb/there" in kept, done.output
    assert not [name for name in kept if name.endswith(("gone", ".unfinished"))]


def test_a_note_that_was_cut_off_only_costs_another_look(app: Flask, cast: Cast, tmp_path: Path) -> None:
    with app.app_context(), transaction() as session:
        version = publish(session, small_checklist(), BORN, cast.admin).id
    store, record = begun(app, cast, version)
    for question in QUESTIONS:
        store.save(record, "set", f"q/{question}", "score", "8")
    store.save(record, "complete", "inspection", "completed", {"operations": 4, "media": []})
    assert store.push()
    with app.app_context():
        assert issued.keep(reading(), tmp_path, clock.now()) == 1
        for note in tmp_path.rglob(issued.SINCE):
            note.write_bytes(b"")  # the power went between the name and the bytes
        assert issued.keep(reading(), tmp_path, clock.now()) == 0
        assert issued.revision(tmp_path, UUID(record), 1) is not None


def test_a_restore_that_is_cut_off_still_tells_phones_of_another_history(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the old database in its place and its new name nobody may take the one for the other."""
    file = made(run, tmp_path / "night")
    with app.app_context():
        before = epoch_of(reading())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.backups.commands._begin_anew", killed)
    assert run("restore", file).exit_code != 0
    with app.app_context():
        assert epoch_of(reading()) != before


def test_a_damaged_or_cut_file_changes_nothing(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path
) -> None:
    store, record = begun(app, cast)
    store.save(record, "set", "q/M01", "score", "8")
    assert store.push()
    file = made(run, tmp_path / "night")
    before = stored(app)
    body = file.read_bytes()
    with tarfile.open(file) as tar:
        member = tar.getmembers()[0]
    flipped = bytearray(body)
    flipped[member.offset_data + member.size // 2] ^= 1
    for wrong in (bytes(flipped), body[: len(body) // 2], body[:600], b"", b"nonsense" * 500):
        bad = tmp_path / "bad.tar"
        bad.write_bytes(wrong)
        done = run("restore", bad)
        assert done.exit_code == 1 and "is not used" in done.output, done.output
        assert stored(app) == before


def test_keys_stay_out_unless_asked_for(app: Flask, run: Callable[..., Any], tmp_path: Path) -> None:
    data: Path = app.config["PLUMBLINE"].data
    (data / "seal").mkdir()
    (data / "seal" / "key.pem").write_text("secret")
    file = made(run, tmp_path / "plain")
    assert not [name for name in names(file) if name.startswith(("seal", "secret_key", "tls"))]
    assert run("create", "--to", tmp_path / "keys", "--with-keys").exit_code == 0
    (with_keys,) = (tmp_path / "keys").glob("*.tar")
    assert {"seal/key.pem", "secret_key"} <= set(names(with_keys))
    assert with_keys.stat().st_mode & 0o077 == 0 and file.stat().st_mode & 0o077 == 0


def names(file: Path) -> list[str]:
    with tarfile.open(file) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        assert set(manifest["files"]) == set(tar.getnames()) - {"manifest.json"}
    return sorted(manifest["files"])


def test_a_backup_in_the_middle_of_pushes_is_one_moment(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path
) -> None:
    """While a phone pushes one by one, what a backup holds is a prefix of what was pushed, without a gap."""
    import threading

    store, record = begun(app, cast)
    assert store.push()
    stop = threading.Event()

    def work() -> None:
        at = 0
        while not stop.is_set():
            at += 1
            store.save(record, "set", "q/M01", "note", {"text": str(at), "lang": "en"})
            assert store.push()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        file = made(run, tmp_path / "night")
    finally:
        stop.set()
        thread.join()
    assert run("restore", file).exit_code == 0
    with app.app_context():
        seqs = [op.seq for op in reading().scalars(select(Operation).order_by(Operation.seq))]
    assert seqs == list(range(1, len(seqs) + 1)) and seqs


def test_it_is_refused_while_the_server_runs(database_url: str, tmp_path: Path) -> None:
    """Another process has the file open: going back under it would lose what it writes next."""
    import subprocess
    import sys

    from app.backups.engines import SqliteFile

    path = Path(database_url.removeprefix("sqlite:///"))
    assert SqliteFile(path).users() == 0
    code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select 1 from people'); "
    code += "print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None and other.stdout.readline()
        assert SqliteFile(path).users() == 1
    finally:
        other.communicate()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_handover_that_was_issued_after_the_backup_stands(
    app: Flask, cast: Cast, run: Callable[..., Any], tmp_path: Path
) -> None:
    """The keys are with the owner, whatever the restored database says; their number is nobody else's."""
    place = raise_estate(app, cast)
    file = made(run, tmp_path / "night")
    now = clock.now()
    body = json.dumps({"unit": {"delivery_on": "2026-11-20"}})
    with app.app_context(), transaction() as session:
        row = Handover(
            number="HO-2026-0007",
            revision=1,
            unit_id=place.units[0],
            handed_on=date(2026, 11, 20),
            languages=["zh-Hans", "en"],
            digest="d" * 64,
            body=body,
            reason=None,
            at=now,
            person_id=cast.officer,
        )
        session.add(row)
        session.flush()
        kept = row.id
    with app.app_context():
        issued.keep(reading(), app.config["PLUMBLINE"].data, now)
    assert run("restore", file).exit_code == 0
    with app.app_context(), transaction() as session:
        again = session.get_one(Handover, kept)
        assert (again.number, again.languages, again.body) == ("HO-2026-0007", ["zh-Hans", "en"], body)
        unit = session.get_one(Unit, place.units[0])
        assert (unit.state, unit.delivery_on) == ("handed_over", date(2026, 11, 20))
        assert next_number(session, "handover", 2026) == "2026-0008"
