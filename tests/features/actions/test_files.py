"""Documents of a case: at the desk and through a link, saved but never shown, listed in the sealed paper."""

from __future__ import annotations

import io
from uuid import UUID

import pytest

from app.domain.canonical import digest
from app.features.actions.commands.documents import safe_name
from tests.features.actions.steps import CAUSE, CONTAIN, raised, row, said, step
from tests.features.actions.test_circle import case, decided, guest_of  # noqa: F401 (the fixture)
from tests.features.actions.test_report import drafted, page

PDF = b"%PDF-1.7\n% the supplier's own 8D\n"


def sent(client, address, name="供应商 8D.pdf", content=PDF, path="files", **fields):
    form = {"files": [(io.BytesIO(content), name)], **fields}
    return client.post(f"{address}/{path}", form, content_type="multipart/form-data")


def test_a_guests_document_is_saved_by_the_desk_and_named_in_the_paper(app, cast, client_for, case):  # noqa: F811
    manager, address, _ = case
    phone, guest = guest_of(app, address)
    form = {**CONTAIN, "files": [(io.BytesIO(PDF), "../../供应商 8D.pdf")]}
    answer = step(phone, guest, "contain", form)
    assert answer.status_code == 303, said(answer)
    (kept,) = row(app, address).files
    assert (kept.name, kept.kind, kept.size, kept.step) == ("供应商 8D.pdf", "pdf", len(PDF), "contain")
    assert kept.link_id is not None and kept.sha256 == digest(PDF)
    for client, where in ((manager, address), (phone, guest)):
        assert f"{where}/files/{kept.id}" in client.get(where).get_data(as_text=True)
        got = client.client.get(f"{where}/files/{kept.id}")
        assert got.data == PDF and got.mimetype == "application/pdf"
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert "%E4%BE%9B" in got.headers["Content-Disposition"]
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]
    assert client_for(cast.stranger).get(f"{address}/files/{kept.id}").status_code == 404
    other = raised(manager, cast, title="Another", severity="minor")
    assert manager.get(f"{other}/files/{kept.id}").status_code == 404, "a document is of one case"
    assert "File added" in manager.get(f"{address}/history").get_data(as_text=True)
    with app.app_context():
        html = page(drafted(UUID(address.rpartition("/")[2])), "en")
    assert kept.sha256 in html and "供应商 8D.pdf" in html


def test_what_is_refused_loses_nothing_that_was_typed(app, case):  # noqa: F811
    manager, address, _ = case
    phone, guest = guest_of(app, address)
    form = {**CONTAIN, "files": [(io.BytesIO(b"MZ\x90\x00"), "8D.pdf")]}
    answer = step(phone, guest, "contain", form)
    shown = answer.get_data(as_text=True)
    assert (answer.status_code == 422 and "not what its name says" in shown) or "内容" in shown
    assert CONTAIN["response"] in shown and row(app, address).files == []
    assert step(phone, guest, "contain", CONTAIN).status_code == 303
    decided(manager, address, "contain", "acceptance")
    assert step(phone, guest, "cause", CAUSE).status_code == 303


def test_the_desk_adds_a_document_any_time_until_the_case_ends(app, cast, client_for, case):  # noqa: F811
    manager, address, _ = case
    assert sent(manager, address).status_code == 303
    assert sent(manager, address).status_code == 303
    assert [one.step for one in row(app, address).files] == [None], "the same bytes once"
    assert manager.post(f"{address}/files").status_code == 422
    assert sent(client_for(cast.stranger), address).status_code == 404
    for number in range(6):
        files = [(io.BytesIO(PDF + bytes([65 + number, index])), "a.pdf") for index in range(4)]
        answer = manager.post(f"{address}/files", {"files": files}, content_type="multipart/form-data")
        assert answer.status_code == (303 if number < 4 else 422)
    assert manager.post(f"{address}/cancellation", {"reason": "Opened by mistake"}).status_code == 303
    assert sent(manager, address, content=PDF + b"late").status_code == 422
    assert len(row(app, address).files) == 17, "twenty are the most of a step: the fifth four were too many"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\wang\\8D.pdf", "8D.pdf"),
        ("/etc/passwd.pdf", "passwd.pdf"),
        (".pdf", "file.pdf"),
        ("a\r\nSet-Cookie: b.PDF", "a Set-Cookie: b.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_one_line_without_a_path(given, kept):
    assert safe_name(given, "pdf") == kept
