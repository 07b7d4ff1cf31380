"""Inside the check room: the seals of one PDF and what was done since, as plain facts. pyHanko judges.

Whether a seal is ours is not a question of names: its certificate must be issued by the one authority whose
certificate we were given. What changed since the last seal is found by comparing both states page by page,
because "something changed" helps nobody.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from app.adapters.workroom_inside import serve

END = re.compile(rb"%%EOF(\r\n|\r|\n)?")
PART = re.compile(rb"\d\s+\d+\s+obj\b|startxref|trailer|%%EOF")  # what a part of a document has
MOST_ENDS = 64
MOST_SEALS = 32
MOST_PAGES = 2000
DEEPEST = 40
logging.disable(logging.CRITICAL)  # pyHanko tells every certificate it does not like


def work(job: dict[str, Any]) -> dict[str, Any]:
    """{path, authority, time_roots} → the members of domain.verifying.Facts."""
    data = Path(job["path"]).read_bytes()
    facts: dict[str, Any] = {
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "beginnings": list(_beginnings(data)),
        "readable": False,
        "identifier": "",
        "pages": 0,
        "seals": [],
        "changes": [],
        "bare_from": max((part.end() for part in PART.finditer(data)), default=0),
    }
    if b"%PDF-" not in data[:1024]:
        return facts
    try:
        _read(
            data,
            Path(job["authority"]).read_bytes(),
            [Path(p).read_bytes() for p in job["time_roots"]],
            facts,
        )
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception:  # whatever a crafted file can make a parser raise: it cannot be read
        facts.update(readable=False, seals=[], changes=["unreadable_update"])
    return facts


def _beginnings(data: bytes) -> Iterator[tuple[int, str]]:
    """(size, SHA-256) of the file up to each of its ends, in order, hashed in one pass."""
    digest, done = hashlib.sha256(), 0
    for count, end in enumerate(END.finditer(data)):
        if count >= MOST_ENDS:
            return
        for size in sorted({end.end(1) if end.group(1) else end.end(), end.start() + 5}):
            digest.update(data[done:size])
            done = size
            yield done, digest.copy().hexdigest()  # a file may stop before or behind its last line end


def _read(data: bytes, authority: bytes, time_roots: list[bytes], facts: dict[str, Any]) -> None:
    from asn1crypto import x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko_certvalidator import ValidationContext

    reader = PdfFileReader(io.BytesIO(data), strict=False)
    root = x509.Certificate.load(authority)
    time_trust = [root, *(x509.Certificate.load(der) for der in time_roots)]
    identifier = reader.trailer.raw_get("/ID") if "/ID" in reader.trailer else None
    if identifier is not None:
        first = identifier.get_object()[0]
        facts["identifier"] = bytes(getattr(first, "original_bytes", first)).hex()
    facts["pages"] = len(list(_pages(reader.root)))
    facts["readable"] = True
    signatures = [each for each in reader.embedded_signatures if each.sig_object_type == "/Sig"][:MOST_SEALS]
    for embedded in signatures:
        facts["seals"].append(
            _seal(
                embedded,
                data,
                root,
                ValidationContext(trust_roots=[root], allow_fetching=False),
                ValidationContext(trust_roots=time_trust, allow_fetching=False),
            )
        )
    if signatures:
        last = max(each.signed_revision for each in signatures)
        if last < reader.xrefs.total_revisions - 1:
            facts["changes"] = _changes(reader, last)


def _seal(embedded: Any, data: bytes, root: Any, trust: Any, time_trust: Any) -> dict[str, Any]:
    from pyhanko.sign.validation import validate_pdf_signature

    held = embedded.sig_object
    told = {
        "field": embedded.field_name,
        "name": str(held.get("/Name", "")),
        "reason": str(held.get("/Reason", "")),
        "contact": str(held.get("/ContactInfo", "")),
        "claimed_at": None,
        "stamped_at": None,
        "subject": "",
        "level": "B-B",
        "ours": False,
        "intact": False,
        "sound": False,
        "placed": _is_placed(embedded, data),
    }
    if embedded.signer_cert is not None:
        told["subject"] = embedded.signer_cert.subject.human_friendly
    claimed = embedded.self_reported_timestamp
    told["claimed_at"] = claimed.isoformat() if isinstance(claimed, datetime) else None
    try:
        status = validate_pdf_signature(embedded, trust, time_trust)
    except Exception:  # a signature so broken that it cannot be judged does not hold
        told["ours"] = _issued_by(embedded.signer_cert, root)
        return told
    path = status.validation_path
    told["ours"] = bool(status.trusted and path is not None and _issued_by(embedded.signer_cert, root))
    if not status.intact or not status.valid:
        # broken, but is it one of ours that was broken? The certificate inside tells
        told["ours"] = _issued_by(embedded.signer_cert, root)
    told["intact"] = bool(status.intact and status.valid)
    told["sound"] = bool(told["ours"] and status.bottom_line)
    if status.timestamp_validity is not None:
        told["stamped_at"] = status.timestamp_validity.timestamp.isoformat()
        told["level"] = "B-LT" if "/DSS" in embedded.reader.root else "B-T"
    return told


def _issued_by(certificate: Any, root: Any) -> bool:
    """Whether our authority's key signed this certificate (a name alone is nothing)."""
    if certificate is None:
        return False
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        held = x509.load_der_x509_certificate(certificate.dump())
        held.verify_directly_issued_by(x509.load_der_x509_certificate(root.dump()))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_placed(embedded: Any, data: bytes) -> bool:
    """Whether the gap of its byte range holds exactly its own hexadecimal digits."""
    try:
        start, length, after, _ = (int(number) for number in embedded.byte_range)
    except (TypeError, ValueError):
        return False
    return start == 0 and data[length : length + 1] == b"<" and data[after - 1 : after] == b">"


def _changes(reader: Any, last: int) -> list[str]:
    """What is different between what the last seal covers and what is shown now."""
    before, now = _State(reader.get_historical_resolver(last)), _State(reader)
    found = []
    if len(now.pages) > len(before.pages):
        found.append("page_added")
    if len(now.pages) < len(before.pages):
        found.append("page_removed")
    parts = {"content": "page_content", "annotations": "annotation", "fonts": "font", "pictures": "picture"}
    for part, code in parts.items():
        if any(old[part] != new[part] for old, new in zip(before.pages, now.pages, strict=False)):
            found.append(code)
    if before.attachments != now.attachments:
        found.append("attachment")
    if not found and before.rest != now.rest:
        found.append("other")
    return found


class _State:
    """One state of a file as digests: each page's parts, the attachments, the rest of the catalogue."""

    def __init__(self, resolver: Any) -> None:
        self._seen: dict[Any, str] = {}
        root = resolver.root
        self.pages = [self._page(page) for page in _pages(root)]
        names = _held(root, "/Names", {})
        self.attachments = self._digest([names.get("/EmbeddedFiles"), root.get("/AF")])
        known = {
            "/Pages",
            "/AcroForm",
            "/DSS",
            "/Extensions",
            "/Metadata",
            "/Names",
            "/AF",
            "/Outlines",
            "/Perms",
        }
        self.rest = self._digest({key: root[key] for key in root if key not in known})

    def _page(self, page: Any) -> dict[str, str]:
        resources = _held(page, "/Resources", {})
        annotations = [
            each.get_object() for each in _held(page, "/Annots", ()) if not _is_field(each.get_object())
        ]
        return {
            "content": self._digest([page.get("/Contents"), page.get("/MediaBox"), page.get("/Rotate")]),
            "annotations": self._digest(annotations),
            "fonts": self._digest(resources.get("/Font")),
            "pictures": self._digest([resources.get("/XObject"), resources.get("/Pattern")]),
        }

    def _digest(self, value: Any, depth: int = 0) -> str:
        from pyhanko.pdf_utils import generic

        if isinstance(value, generic.IndirectObject):
            key = (value.idnum, value.generation)
            if key not in self._seen:
                self._seen[key] = f"loop {key}"
                self._seen[key] = self._digest(value.get_object(), depth + 1)
            return self._seen[key]
        if depth > DEEPEST:
            return "deep"
        parts: list[str] = []
        if isinstance(value, generic.DictionaryObject):
            for key in sorted(value):
                if key not in ("/Parent", "/P", "/Dest", "/StructParent"):
                    parts += [key, self._digest(value.raw_get(key), depth + 1)]
        elif isinstance(value, list | tuple):
            raw = (
                [value.raw_get(i) for i in range(len(value))]
                if isinstance(value, generic.ArrayObject)
                else value
            )
            parts += [self._digest(each, depth + 1) for each in raw]
        else:
            parts.append(repr(value))
        digest = hashlib.sha256("\n".join(parts).encode("utf-8", "replace"))
        if isinstance(value, generic.StreamObject):
            digest.update(value.encoded_data)
        return digest.hexdigest()


def _held(container: Any, key: str, default: Any = None) -> Any:
    """A member with its reference followed; pyHanko's own `get` gives the bare reference."""
    return container[key] if key in container else default  # noqa: SIM401


def _is_field(annotation: Any) -> bool:
    """Whether it is the box of a seal: filled in by later seals, and allowed to be."""
    return _held(annotation, "/Subtype") == "/Widget" and _held(annotation, "/FT") == "/Sig"


def _pages(root: Any) -> Iterator[Any]:
    """The pages in order, by walking the tree of this state; a loop in it ends the walk."""
    waiting, seen = [root["/Pages"]], 0
    while waiting and seen < MOST_PAGES * 2:
        node = waiting.pop(0)
        seen += 1
        if "/Kids" in node:
            waiting[:0] = [kid.get_object() for kid in node["/Kids"]]
        else:
            yield node


if __name__ == "__main__":
    serve(work)
