"""The shell, its worker and its manifest: the same for everybody, and each fits the others."""

from __future__ import annotations

import hashlib
import json
import re

from flask import Flask

from app.config import LANGUAGES
from app.web.assets import DIST
from tests.cast import Cast
from tests.client import PageClient


def release(text: str) -> dict[str, object]:
    first = text.partition("\n")[0]
    found: dict[str, object] = json.loads(first.removeprefix("self.release=").removesuffix(";"))
    return found


def test_the_worker_knows_each_shell_by_its_hash(app: Flask) -> None:
    client = PageClient(app, None)
    answer = client.api("GET", "/app/worker.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, no-cache"
    shells = {
        wanted: hashlib.sha256(client.api("GET", f"/app/{wanted}/").data).hexdigest() for wanted in LANGUAGES
    }
    assert release(answer.text)["shells"] == shells
    tag = answer.headers["ETag"]
    assert client.api("GET", "/app/worker.js", headers={"If-None-Match": tag}).status_code == 304


def test_the_worker_is_the_same_for_everybody(app: Flask, cast: Cast) -> None:
    texts = {
        PageClient(app, who).api("GET", "/app/worker.js").text for who in (None, cast.owner, cast.teammate)
    }
    assert len(texts) == 1


def test_the_worker_keeps_every_file_the_shell_asks_for_as_it_is(app: Flask) -> None:
    client = PageClient(app, None)
    worker = client.api("GET", "/app/worker.js").text
    kept = dict(re.findall(r'\["([\w.-]+)","([0-9a-f]{10})"\]', worker))
    for name, digest in kept.items():
        assert hashlib.sha256((DIST / name).read_bytes()).hexdigest().startswith(digest), name
    shell = client.api("GET", "/app/en/").text
    head = shell.partition("</head>")[0]
    asked = set(re.findall(r'(?:src|href)="/static/([^"]+)"', head))
    pictures = {name for name in asked if name.startswith("icon-")}  # the system keeps those with the icon
    assert asked - pictures <= set(kept)
    assert any(name.startswith("app-") for name in kept)
    assert not any(name.startswith("desk-") for name in kept)


def test_the_manifest_leads_to_the_app_in_each_language(app: Flask) -> None:
    client = PageClient(app, None)
    texts = set()
    for wanted in LANGUAGES:
        shell = client.api("GET", f"/app/{wanted}/").text
        assert f'data-manifest="/app/{wanted}/app.webmanifest"' in shell
        answer = client.api("GET", f"/app/{wanted}/app.webmanifest")
        assert answer.mimetype == "application/manifest+json"
        body = answer.json or {}
        assert (body["start_url"], body["scope"], body["display"]) == ("/app/", "/", "standalone")
        assert body["lang"] == wanted
        texts.add(body["description"])
        for icon in body["icons"]:
            assert client.api("GET", icon["src"]).status_code == 200, icon
        sizes = {icon["sizes"] for icon in body["icons"] if icon["purpose"] == "any"}
        assert {"192x192", "512x512"} <= sizes
    assert len(texts) == len(LANGUAGES)
    assert client.api("GET", "/app/xx/app.webmanifest").status_code == 404
