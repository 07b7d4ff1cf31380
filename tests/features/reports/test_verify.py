"""Anyone may ask whether a PDF is what was sealed here, and every known attack gets its right name."""

from __future__ import annotations

import io
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from app.adapters import seal_keys
from app.adapters.seal import Deed, Sealer
from app.adapters.seal_check import AT_ONCE, CheckRoom
from app.adapters.workroom import Exhausted, Limits
from app.db import transaction
from app.domain.errors import Unavailable
from app.features.reports import commands
from app.features.reports.report import Seal
from tests.features.reports.conftest import NOW, House
from tests.features.reports.tampering import ATTACKS, truncated


def check(house: House, data: bytes, name: str = "report.pdf", language: str = "en") -> TestResponse:
    client = house.client(None)
    client.client.set_cookie("plumbline_language", language)
    token = client.token()
    return client.client.post(
        "/verify",
        data={"csrf_token": token, "file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def verdict(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    body = answer.get_data(as_text=True)
    _, found, rest = body.partition('data-verdict="')
    assert found, body[:500]
    return rest.partition('"')[0]


def test_a_report_as_issued_is_genuine_and_says_whose_acts(made: House) -> None:
    answer = check(made, made.file())
    assert verdict(answer) == "genuine"
    body = answer.get_data(as_text=True)
    for told in ("W-2026-0007", "Lin Yaping", "王建国", "PAdES B-B", "revision 1"):
        assert told in body, told
    assert "I was there." in body


def test_a_stranger_never_learns_supplier_or_grade(made: House) -> None:
    report = made.row(made.report)
    client = made.client(None)
    for page in (
        check(made, made.file()).get_data(as_text=True),
        client.get(f"/verify/{report.verify_id}").get_data(as_text=True),
    ):
        assert "Hengda Precision" not in page and "grade" not in page.lower()
    page = client.get(f"/verify/{report.verify_id}").get_data(as_text=True)
    assert "W-2026-0007" in page and "Lin Yaping" not in page and "Walk through" not in page


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_in_chinese_too(made: House, language: str) -> None:
    body = check(made, made.file(), language=language).get_data(as_text=True)
    assert 'data-verdict="genuine"' in body and "Genuine" not in body


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_gets_its_name(made: House, attack: str, checks: CheckRoom) -> None:
    how, wanted, changes = ATTACKS[attack]
    said = judged(made, checks, how(made.file()))
    assert said.verdict == wanted, said
    for change in changes:
        assert change in said.facts.changes
    if wanted == "changed":
        assert set(said.facts.changes) == set(changes)
    assert said.report is not None and said.report.number == "W-2026-0007"


def test_other_keys_of_the_same_name_are_foreign(made: House, checks: CheckRoom, tmp_path: Path) -> None:
    data = foreign(made, tmp_path)
    said = judged(made, checks, data)
    assert said.verdict == "foreign"
    assert all(seal.intact and not seal.ours for seal in said.facts.seals)


def test_a_strangers_seal_in_an_empty_place_is_seen(made: House, checks: CheckRoom, tmp_path: Path) -> None:
    seal_keys.ensure(tmp_path / "seal", "Nordhaven Appliances", "http://localhost", datetime.now(UTC))
    source, target = tmp_path / "before.pdf", tmp_path / "after.pdf"
    source.write_bytes(made.file())
    Sealer(tmp_path / "seal", "x").add(source, target, Deed("SigApprover", "Nobody", "approved"), "", "B-B")
    said = judged(made, checks, target.read_bytes())
    assert said.verdict == "changed"
    assert [seal.ours for seal in said.facts.seals] == [True, True, False]


def test_a_later_seal_makes_the_earlier_file_an_earlier_state(house: House, checks: CheckRoom) -> None:
    before = house.file()
    add_approval(house)
    assert judged(house, checks, house.file()).verdict == "genuine"
    assert judged(house, checks, before).verdict == "earlier"
    assert judged(house, checks, truncated(house.file())).verdict == "earlier"


def test_the_newest_revision_is_told(house: House) -> None:
    second = house.ask(house.cast.site, revision=2)
    house.make(second)
    answer = check(house, house.file())
    assert verdict(answer) == "genuine"
    assert "A newer revision is issued: 2" in answer.get_data(as_text=True)
    page = house.client(None).get(f"/verify/{house.row(house.report).verify_id}").get_data(as_text=True)
    assert "A newer revision is issued: 2" in page


def test_our_seal_on_bytes_nobody_recorded(house: House, checks: CheckRoom, tmp_path: Path) -> None:
    """As after a restored backup: sealed by us, but not what the record says."""
    first = house.file()
    pre = first[: first.index(b"%%EOF") + 6]
    source, target = tmp_path / "drawn.pdf", tmp_path / "sealed.pdf"
    source.write_bytes(pre)
    address = f"http://localhost/verify/{house.row(house.report).verify_id}"
    sealer = Sealer(house.data / "seal", "x")
    deeds = [Deed("SigAuditor", "A", ""), Deed("SigAuditee", "B", "")]
    sealer.seal(source, target, {}, deeds, address, "B-B")
    assert judged(house, checks, target.read_bytes()).verdict == "off_record"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"this is no PDF", "unreadable"),
        (b"", "unreadable"),
        (b"%PDF-1.7\n" + b"\x00" * 5000, "unreadable"),
        (b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\nstartxref\n9\n%%EOF", "unreadable"),
    ],
)
def test_what_is_no_report_is_said_to_be_none(
    made: House, checks: CheckRoom, data: bytes, wanted: str
) -> None:
    assert judged(made, checks, data).verdict == wanted


def test_an_unsealed_pdf_is_none_of_ours(made: House, checks: CheckRoom) -> None:
    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    said = judged(made, checks, out.getvalue())
    assert said.verdict == "unsealed" and said.report is None


def test_a_file_that_is_too_large_is_refused(made: House) -> None:
    answer = check(made, b"%PDF-1.7\n" + b"0" * (52 << 20))
    assert answer.status_code == 413


def test_strangers_are_counted(house: House) -> None:
    statuses = {check(house, b"no pdf").status_code for _ in range(8)}
    assert statuses == {200, 429}


def test_a_crowd_of_files_leaves_threads_for_everybody_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one costly file is read and two wait, the next stranger is told at once to come again."""
    room = CheckRoom()
    going, reading = threading.Event(), threading.Semaphore(0)

    def slow(job: object) -> object:
        reading.release()
        assert going.wait(20)
        raise Exhausted("cpu")

    monkeypatch.setattr(room._room, "do", slow)
    file = house.data / "seal" / "ca.crt"
    crowd = [threading.Thread(target=room.check, args=(file, file, [])) for _ in range(AT_ONCE)]
    for thread in crowd:
        thread.start()
    try:
        assert all(reading.acquire(timeout=20) for _ in crowd)
        with pytest.raises(Unavailable) as busy:
            room.check(file, file, [])
        assert busy.value.code == "seal_check_busy"
    finally:
        going.set()
        for thread in crowd:
            thread.join()
    assert not room.check(file, file, []).readable


def test_nothing_is_kept(made: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = {path for path in made.data.rglob("*") if "plumbline.db" not in path.name}
    assert verdict(check(made, b"%PDF-1.4 something")) == "unreadable"
    assert list(tmp_path.iterdir()) == []
    assert {path for path in made.data.rglob("*") if "plumbline.db" not in path.name} == before


def test_an_unknown_id_is_not_found(made: House) -> None:
    client = made.client(None)
    for wrong in ("a" * 26, "nothing", "A" * 26, "%00", "1" * 300):
        assert client.client.get(f"/verify/{wrong}").status_code == 404


def test_the_certificate_is_there_for_anyone(made: House) -> None:
    client = made.client(None)
    page = client.get("/verify/certificate").get_data(as_text=True)
    answer = client.client.get("/verify/certificate.crt")
    assert answer.data == made.authority.read_bytes()
    out = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256", "-subject"],
        input=answer.data,
        capture_output=True,
        check=True,
    ).stdout.decode()
    fingerprint = out.split("Fingerprint=")[1].split()[0]
    assert fingerprint in page and "Nordhaven Appliances" in out
    assert client.client.get("/verify/seals.crl").status_code == 200


def test_on_the_machine_itself(made: House, tmp_path: Path) -> None:
    runner = made.app.test_cli_runner()
    path = tmp_path / "report.pdf"
    path.write_bytes(made.file())
    good = runner.invoke(args=["reports", "verify", str(path)])
    assert good.exit_code == 0 and "Genuine" in good.output and "W-2026-0007" in good.output
    path.write_bytes(ATTACKS["replaced page"][0](made.file()))
    bad = runner.invoke(args=["reports", "verify", str(path)])
    assert bad.exit_code == 1 and "Changed after" in bad.output and "replaced" in bad.output


def test_reports_can_be_made_on_the_machine_itself(house: House) -> None:
    report = house.ask(house.cast.other_site)
    done = house.app.test_cli_runner().invoke(args=["reports", "issue", "W-2026-0008"])
    assert done.exit_code == 0, done.output
    assert house.row(report).state == "issued"


@pytest.fixture
def checks(made: House) -> CheckRoom:
    from app.features.reports.routes import ROOM

    room: CheckRoom = made.app.extensions[ROOM]
    return room


def judged(house: House, checks: CheckRoom, data: bytes):  # type: ignore[no-untyped-def]
    from app.adapters import seal_public
    from app.features.reports import queries

    facts = checks.check_upload(io.BytesIO(data), house.authority, seal_public.roots(house.authority.parent))
    with house.app.app_context(), transaction() as session:
        said = queries.verify(session, facts, "http://localhost")
        session.expunge_all()
        return said


def foreign(made: House, tmp_path: Path) -> bytes:
    """The report's pages sealed by another authority that calls itself the same."""
    seal_keys.ensure(tmp_path / "other", "Nordhaven Appliances", "http://localhost", datetime.now(UTC))
    data = made.file()
    source, target = tmp_path / "drawn.pdf", tmp_path / "sealed.pdf"
    source.write_bytes(data[: data.index(b"%%EOF") + 6])
    address = f"http://localhost/verify/{made.row(made.report).verify_id}"
    deeds = [Deed("SigAuditor", "Lin Yaping", ""), Deed("SigAuditee", "王建国", "")]
    Sealer(tmp_path / "other", "Nordhaven").seal(source, target, {}, deeds, address, "B-B")
    return target.read_bytes()


def add_approval(house: House) -> None:
    seal = Seal("SigApprover", "", "Elena Hart", "Quality", "Nordhaven", "I release this.", NOW)
    with house.app.app_context(), transaction() as session:
        commands.ask_seal(session, house.report, seal, NOW, None)
    house.app.extensions["plumbline.jobs"].run_due(house.app)


def test_a_bomb_only_costs_its_own_process(made: House) -> None:
    """A stream that unfolds to gigabytes, where every reader must look: the table of objects."""
    import zlib

    squeezer = zlib.compressobj(1)
    body = b"".join(squeezer.compress(b"\x00" * (1 << 24)) for _ in range(30)) + squeezer.flush()
    head = b"%PDF-1.7\n"
    table = (
        b"1 0 obj\n<</Type/XRef/Size 9/W[1 2 1]/Root 2 0 R/Filter/FlateDecode/Length %d>>\nstream\n"
        % len(body)
    )
    data = head + table + body + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)
    small = CheckRoom(Limits(memory=400 << 20, cpu=20, wall=40.0))
    try:
        assert judged(made, small, data).verdict == "unreadable"
        assert judged(made, small, made.file()).verdict == "genuine"
    finally:
        small.close()


def test_what_a_strangers_file_says_is_only_text(made: House, checks: CheckRoom, tmp_path: Path) -> None:
    """Names that are markup, or no text at all, in a seal that is not ours."""
    seal_keys.ensure(tmp_path / "seal", "<script>alert(1)</script>", "http://localhost", datetime.now(UTC))
    source, target = tmp_path / "before.pdf", tmp_path / "after.pdf"
    source.write_bytes(made.file())
    deed = Deed("SigApprover", "<script>alert(1)</script>" + "x" * 5000, "{{ config }}")
    Sealer(tmp_path / "seal", "x").add(source, target, deed, "javascript:alert(1)", "B-B")
    answer = check(made, target.read_bytes(), name="<script>alert(1)</script>.pdf")
    assert verdict(answer) == "changed"
    body = answer.get_data(as_text=True)
    assert "<script>alert" not in body and "x" * 400 not in body and "SECRET_KEY" not in body
