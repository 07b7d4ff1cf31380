"""Fifty-nine answers at once, pushed by another device of the person who is signed in on a phone: for tests
about what comes after the tapping."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tests.browser.phone import Phone
from tests.client import PageClient
from tests.factories.phone import Phone as Pusher

TEXTS = json.loads((Path(__file__).parents[1] / "factories" / "audit.json").read_text("utf-8"))

SEEN = {"en": "Seen at the place, three samples.", "zh-Hans": "现场查看，抽三件。"}


class _Wire:
    """What the pusher asks of its client: the phone's session, another device's cookie."""

    def __init__(self, phone: Phone) -> None:
        kept = phone.context.storage_state()
        self.request = phone.playwright.request.new_context(base_url=phone.world.url, storage_state=kept)

    def api(self, method: str, path: str, **options: Any) -> SimpleNamespace:
        answer = self.request.fetch(
            path, method=method, headers={"X-Plumbline": "1"}, data=options.get("json")
        )
        return SimpleNamespace(
            status_code=answer.status, text=answer.text(), json=answer.json() if answer.ok else None
        )


def answers(language: str) -> dict[str, tuple[str, str]]:
    """Question → score and note (or the reason of what does not apply) of one real-looking audit."""
    given = {}
    for name, told in TEXTS["answers"].items():
        found = TEXTS["findings"].get(name, {}).get(language, {})
        given[name] = (told["score"], found.get("evidence") or told.get(language) or SEEN[language])
    return given


def answer_all(phone: Phone, record: str, language: str = "en") -> dict[str, tuple[str, str]]:
    """Answers the whole audit; what was answered. Photos are still owed where the checklist asks for them."""
    wire = _Wire(phone)
    pusher = Pusher(cast(PageClient, wire), record=record).register()
    given = answers(language)
    at = int(time.time() * 1000)
    for name, (score, text) in given.items():
        words = {"text": text, "lang": language}
        pusher.set(f"q/{name}", "score", score, at=at)
        pusher.set(f"q/{name}", "reason" if score == "na" else "note", words, at=at)
    assert {result["result"] for result in pusher.push()} == {"applied"}
    wire.request.dispose()
    return given
