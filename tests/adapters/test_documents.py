"""Which documents are taken: by what is in them."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.adapters.documents import FILE_AT_MOST, kind_of
from app.adapters.sheets_writing import xlsx_bytes
from app.domain.errors import Invalid, TooLarge

MAIL = b"Received: from a by b\r\nFrom: wang@hengda.example\r\nSubject: 8D\r\n\r\nSee the file."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def office(*parts: str, comment: bytes = b"") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for part in parts:
            archive.writestr(part, "<xml/>")
        archive.comment = comment
    return held.getvalue()


WORD = office("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.7\n...", "8D report.PDF", "pdf"),
        (WORD, "a.docx", "docx"),
        (office("[Content_Types].xml", "word/document.xml", comment=b"PK kept"), "a.docx", "docx"),
        (xlsx_bytes("One", ["a"], [["b"]]), "a.xlsx", "xlsx"),
        (office("[Content_Types].xml", "ppt/presentation.xml"), "a.pptx", "pptx"),
        (MAIL, "a.eml", "eml"),
        (OLE + "__substg1.0_".encode("utf-16-le"), "a.msg", "msg"),
        (b"a;b\n1;2\n", "a.csv", "csv"),
        ("批次；数量".encode("gb18030"), "a.csv", "csv"),
        (b"\xef\xbb\xbfwords", "a.txt", "txt"),
    ],
)
def test_what_is_what_its_name_says_is_taken(content, name, kind):
    assert kind_of(content, name) == kind


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>alert(1)</script>", "a.html"),
        (b"<html><script>alert(1)</script>", "8d.pdf"),
        (b"MZ\x90\x00" + bytes(90), "a.exe"),
        (b"MZ\x90\x00" + bytes(90), "a.txt"),
        (b"%PDF-1.7", "a.docx"),
        (b"%PDF-1.7", "no ending"),
        (WORD, "a.xlsx"),
        (office("[Content_Types].xml", "other.xml"), "a.docx"),
        (office("word/document.xml"), "a.docx"),
        (WORD[:-30], "a.docx"),
        (b"PK\x03\x04" + bytes(40), "a.docx"),
        (OLE, "a.msg"),
        (OLE, "a.doc"),
        (b"Hello\r\n\r\nFrom: me\r\nSubject: no header", "a.eml"),
        (b"", "a.txt"),
    ],
)
def test_the_rest_is_refused(content, name):
    with pytest.raises(Invalid) as refused:
        kind_of(content, name)
    assert refused.value.code == "file_kind"


def test_macros_and_size_are_refused_in_words_of_their_own():
    with pytest.raises(Invalid) as refused:
        kind_of(office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "a.docx")
    assert refused.value.code == "file_macros"
    with pytest.raises(TooLarge) as large:
        kind_of(b"%PDF-" + bytes(FILE_AT_MOST), "a.pdf")
    assert (large.value.code, large.value.params) == ("file_too_large", {"limit": 16})
