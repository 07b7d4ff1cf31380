"""A phone without a screen: it makes operations as the runner does and pushes them through the API."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.db import new_id, reading, transaction
from app.domain import signatures
from app.domain.canonical import canonical, digest
from app.domain.merge import registers
from app.features.checklists.commands import load_library
from app.features.checklists.models import Checklist, Version
from tests.cast import BORN
from tests.client import PageClient


@dataclass
class Phone:
    """`phone.start(site)` begins an unplanned audit; `phone.set("q/M01", "score", "8")` makes an operation;
    `phone.push()` sends what is waiting and gives the results."""

    client: PageClient
    device: str = field(default_factory=lambda: str(new_id()))
    record: str = ""
    waiting: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    n: int = 0
    lamport: int = 0

    def register(self) -> Phone:
        answer = self.client.api(
            "POST",
            "/api/v1/devices",
            json={"device": self.device, "label": "Test phone", "platform": "Android"},
        )
        assert answer.status_code == 200, answer.text
        return self

    def operation(self, kind: str, path: str, name: str, value: Any, **members: Any) -> dict[str, Any]:
        """Makes an operation, keeps it waiting, and gives it back."""
        self.n += 1
        self.lamport += 1
        op = {
            "v": 1,
            "id": str(new_id()),
            "record": {"kind": "inspection", "id": self.record},
            "kind": kind,
            "path": path,
            "field": name,
            "value": value,
            "parents": list(self.heads.get((path, name), [])),
            "device": self.device,
            "n": self.n,
            "lamport": self.lamport,
            "at": 1_767_225_600_000 + self.n,
            "offset": 0,
            "tz": "Asia/Shanghai",
            **members,
        }
        self.heads[(path, name)] = [op["id"]]
        self.waiting.append(op)
        return op

    def set(self, path: str, name: str, value: Any, **members: Any) -> dict[str, Any]:
        return self.operation("set", path, name, value, **members)

    @staticmethod
    def sha256(picture: bytes) -> str:
        return hashlib.sha256(picture).hexdigest()

    def add_photo(self, path: str, picture: bytes, **more: Any) -> dict[str, Any]:
        """A `media.add` operation for a picture; `upload` sends its bytes."""
        media_id = str(new_id())
        value = {
            "media_id": media_id,
            "sha256": self.sha256(picture),
            "size": len(picture),
            "mime": "image/jpeg",
            "w": 64,
            "h": 48,
            "taken_at": None,
            "gps": None,
            "name": "photo.jpg",
            **more,
        }
        return self.operation("media.add", path, f"photo:{media_id}", value)

    def put_part(self, picture: bytes, sha256: str | None = None) -> TestResponse:
        sha = sha256 or self.sha256(picture)
        return self.client.api(
            "PUT",
            f"/api/v1/media/{sha}/parts/0?ps={len(picture)}",
            data=picture,
            content_type="application/octet-stream",
        )

    def upload(self, picture: bytes) -> TestResponse:
        """Sends a picture's bytes in one part and asks the server to take it."""
        sha = self.sha256(picture)
        part = self.put_part(picture)
        assert part.status_code in (200, 201), part.text
        body = {"size": len(picture), "parts": 1, "ps": len(picture), "mime": "image/jpeg"}
        return self.client.api("POST", f"/api/v1/media/{sha}/completion", json=body)

    def start(self, version: UUID, site: UUID, auditor: UUID, due: str | None = None) -> str:
        """An unplanned inspection, begun on this phone; its id."""
        self.record = str(new_id())
        value = {"checklist_version": str(version), "site": str(site), "auditors": [str(auditor)], "due": due}
        self.operation("create", "inspection", "created", value)
        return self.record

    def pull(self) -> list[dict[str, Any]]:
        """Everything the server applied to the inspection, as operations."""
        address = f"/api/v1/inspections/{self.record}"
        answer = self.client.api("GET", address).json
        found = []
        while answer is not None:
            found += [entry["op"] for entry in answer["operations"] if entry["fate"] == "applied"]
            more, after = answer["more"], answer["after"]
            answer = self.client.api("GET", f"{address}/operations?after={after}").json if more else None
        return found

    def digest(self, consent: str, language: str) -> str:
        """What a signature given now would sign, worked out as a phone does: from the operations alone."""
        address = f"/api/v1/inspections/{self.record}"
        answer = self.client.api("GET", address).json
        assert answer is not None
        version = answer["inspection"]["version_sha256"]
        return digest_over([*self.pull(), *self.waiting], version, consent, language)

    def sign(self, slot: str = "auditor", language: str = "en", **changes: Any) -> dict[str, Any]:
        """A signature on the glass over what stands now; its row is `op["path"]`."""
        meaning = {"auditor": "carried_out", "auditee": "confirm_facts", "other": "confirm_facts"}[slot]
        value = {
            "slot": slot,
            "name": "Wang Jianguo" if slot == "auditee" else "Owner Auditor",
            "role": "Quality manager",
            "organisation": "Hengda Precision",
            "meaning": meaning,
            "consent": {"id": "sign-1", "language": language},
            "strokes": [[100, 200, 180, 120, 260, 240], [300, 210, 420, 180]],
            "digest": changes.pop("digest", None) or self.digest("sign-1", language),
            "covers": {"answers": 59, "photos": 0},
            "at": 1_767_225_600_000,
            **changes,
        }
        return self.operation("sign", f"sign/{new_id()}", "signed", value)

    def refuse(self, slot: str = "auditee", language: str = "en", **changes: Any) -> dict[str, Any]:
        """A refusal with reason and witness."""
        value = {
            "slot": slot,
            "name": "Wang Jianguo",
            "role": "Quality manager",
            "organisation": "Hengda Precision",
            "reason": {"text": "Not in my power", "lang": language},
            "witness": {"name": "Teammate Auditor", "role": "Auditor"},
            "digest": changes.pop("digest", None) or self.digest("refuse-1", language),
            "at": 1_767_225_600_000,
            **changes,
        }
        return self.operation("refuse", f"sign/{new_id()}", "refused", value)

    def sign_both(self) -> list[str]:
        """Auditor and auditee sign; the rows of both."""
        return [self.sign(slot)["path"].removeprefix("sign/") for slot in ("auditor", "auditee")]

    def answer_all(self, app: Flask, **scores: str) -> None:
        """Answers every question of the audit, with a note: "10" or, by question id, another score."""
        version_id = audit_version(app)
        with app.app_context():
            version = reading().get(Version, version_id)
            assert version is not None
            sections = version.definition["sections"]
        for section in sections:
            for question in section["questions"]:
                path = f"q/{question['id']}"
                self.set(path, "score", scores.get(question["id"], "10"))
                self.set(path, "note", {"text": "Seen on the line", "lang": "en"})

    def complete(self, signatures: list[str] | None = None, **members: Any) -> dict[str, Any]:
        value: dict[str, Any] = {"operations": self.n, "media": [], **members}
        if signatures is not None:
            value["signatures"] = signatures
        return self.operation("complete", "inspection", "completed", value)

    def send(self, operations: list[Any], **members: Any) -> TestResponse:
        body = {
            "batch": str(new_id()),
            "device": self.device,
            "build": "test",
            "pending": len(operations),
            "operations": operations,
            **members,
        }
        return self.client.api("POST", "/api/v1/sync/push", json=body)

    def push(self) -> list[dict[str, Any]]:
        """Sends everything waiting; results in order."""
        results: list[dict[str, Any]] = []
        while self.waiting:
            batch, self.waiting = self.waiting[:100], self.waiting[100:]
            answer = self.send(batch)
            assert answer.status_code == 200, answer.text
            assert answer.json is not None
            results.extend(answer.json["results"])
        return results


def digest_over(operations: list[dict[str, Any]], version_sha256: str, consent: str, language: str) -> str:
    """What a signature over these operations signs."""
    state = registers([SimpleNamespace(**op) for op in operations])
    hashes = {op["id"]: digest(canonical(op)) for op in operations}
    covered = signatures.covered(state, hashes)
    return signatures.digest_of(version_sha256, covered, signatures.live_photos(state), consent, language)


def audit_version(app: Flask) -> UUID:
    """The shipped 4M1E checklist's newest version, loaded if it is not there."""
    with app.app_context():
        known = select(Version.id).join(Checklist).where(Checklist.code == "4m1e-supplier-audit")
        found = reading().scalar(known.order_by(Version.number.desc()))
        if found is None:
            with transaction() as session:
                load_library(session, BORN)
                session.flush()
                found = session.scalar(known.order_by(Version.number.desc()))
        assert found is not None
        return found
