"""What kind of document a file is: by its content, never by its name alone.

Documents are kept and given back as they came, always as attachments; nothing here or above opens them. So
only their marks are looked at, in place: no archive is unpacked, no text is parsed.
"""

from __future__ import annotations

import re
import struct

from app.domain.errors import Invalid, TooLarge

FILE_AT_MOST = 16 * 1024 * 1024  # bytes
MIMES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "eml": "message/rfc822",
    "msg": "application/vnd.ms-outlook",
    "csv": "text/csv",
    "txt": "text/plain",
}
_OFFICE = {"docx": b"word/document", "xlsx": b"xl/workbook", "pptx": b"ppt/presentation"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OUTLOOK = "__substg1.0_".encode("utf-16-le")
_END, _END_SIZE, _COMMENT = b"PK\x05\x06", 22, 65_535
_HEADER = re.compile(rb"^(From|Date|Subject|Received|Message-ID|Return-Path):", re.IGNORECASE | re.MULTILINE)
_HEADERS_AT_LEAST = 2
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def kind_of(content: bytes, name: str) -> str:
    """One of MIMES, when content and name agree. Raises TooLarge (file_too_large), Invalid (file_kind,
    file_macros).
    """
    if len(content) > FILE_AT_MOST:
        raise TooLarge("file_too_large", limit=FILE_AT_MOST >> 20)
    wanted = name.rpartition(".")[2].lower()
    if wanted not in MIMES or wanted not in _kinds(content):
        raise Invalid("file_kind")
    return wanted


def _kinds(content: bytes) -> set[str]:
    """What it can be: of plain text only the name says whether it is a table."""
    if content.startswith(b"%PDF-"):
        return {"pdf"}
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if content.startswith(_OLE):  # old Office files are such containers too, and can hide macros
        return {"msg"} if _OUTLOOK in content else set()
    if not _is_text(content):
        return set()
    head = content[:65_536].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    named = {found.lower() for found in _HEADER.findall(head)}
    return {"csv", "txt", "eml"} if len(named) >= _HEADERS_AT_LEAST else {"csv", "txt"}


def _office(content: bytes) -> set[str]:
    """By the names in the archive's table of contents, which lies uncompressed at its end."""
    end = content.rfind(_END, max(0, len(content) - _END_SIZE - _COMMENT))
    if end < 0 or len(content) - end < _END_SIZE:
        return set()
    size, offset = struct.unpack_from("<II", content, end + 12)
    names = content[offset : offset + size]
    if not names.startswith(b"PK\x01\x02") or b"[Content_Types].xml" not in names:
        return set()
    if b"vbaProject" in names:
        raise Invalid("file_macros")
    return {kind for kind, part in _OFFICE.items() if part in names}


def _is_text(content: bytes) -> bool:
    if not content.strip() or _NOT_TEXT.search(content):
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
