"""Every form under fire: whatever is typed, posted twice, left out or sent as something else is answered in
words, on both engines, and never with a failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.client import PageClient
from tests.depth import share
from tests.hostile.world import World

LONG = "鉛" * 12_000
HOSTILE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202eEVIL\u202c",
    "\u200b",
    "🧨👩‍👩‍👧‍👦" * 30,
    "x" * 41,
    "x" * 121,
    "x" * 300,
    "é" * 5_000,
    LONG,
    "-1",
    "0",
    "2147483648",
    "9223372036854775808",
    "1" + "0" * 30,
    "9" * 5_000,
    "1e400",
    "NaN",
    "٣",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-02-30",
    "2026-W10-1",
    "20261231",
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "{{7*7}}${7*7}%s%(x)s%n",
    "../../etc/passwd",
    "everything:x",
    "company:",
    "company:not-an-id",
    "everything:00000000-0000-0000-0000-000000000000",
    "a@" + "b." * 3_000 + "c",
    "Asia",
    "/etc/passwd",
    "a\r\nBcc: x@example.com",
]


@pytest.fixture
def world(app_on_both: Flask) -> Iterator[World]:
    app_on_both.config["WTF_CSRF_ENABLED"] = False
    yield World(app_on_both)


def right_one(world: World, address: str) -> PageClient:
    person = world.cast.manager if address.startswith("/inspections") else world.cast.admin
    return PageClient(world.app, person)


def fine(answer: TestResponse, what: str) -> None:
    assert answer.status_code < 500, f"{what} → {answer.status}"


@pytest.mark.parametrize("both_engines", ["sqlite"], indirect=True)
def test_every_field_is_hostile_at_once(world: World) -> None:
    bad = []
    for address, fields in world.forms.items():
        browser = right_one(world, address)
        for value in share(HOSTILE, address, 8):
            everything = {name: _wire(value) for name in fields}
            answer = browser.client.post(address, data=everything)
            if answer.status_code >= 500:
                bad.append(f"{address} {value[:30]!r} → {answer.status}")
    assert bad == []
    everything_still_opens(world)


# What gets past the other fields of a form, and what columns and calendars have no room for.
DEEP = ["a\x00b", "\ud800", LONG, "2147483648", "1" + "0" * 30, "9999-12-31", "0001-01-01", "everything:x"]


# PostgreSQL is the stricter of the two: it refuses what SQLite takes
@pytest.mark.parametrize("both_engines", ["postgresql"], indirect=True)
def test_each_field_in_turn_is_hostile(world: World) -> None:
    bad = []
    for address, fields in world.forms.items():
        browser = right_one(world, address)
        for name in fields:
            for value in share(DEEP, f"{address} {name}", 2):
                answer = browser.client.post(address, data={**fields, name: _wire(value)})
                if answer.status_code >= 500:
                    bad.append(f"{address} {name}={value[:30]!r} → {answer.status}")
    assert bad == []
    everything_still_opens(world)


def _wire(value: str) -> bytes:
    """What a hostile client really sends: a lone surrogate leaves as the three bytes it would be."""
    return value.encode("utf-8", "surrogatepass")


def everything_still_opens(world: World) -> None:
    bad = []
    for person in (world.cast.admin, world.cast.manager, world.cast.owner):
        browser = PageClient(world.app, person)
        for page in world.pages:
            answer = browser.client.get(page)
            if answer.status_code >= 500:
                bad.append(f"{page} → {answer.status}")
    assert bad == []


NO_FORMS = [
    b"",
    b"null",
    b"[]",
    b"[1,2]",
    b"{}",
    b'"x"',
    b"7",
    b"{",
    b"\xff\xfe",
    b'{"email":5,"name":{"a":1},"password":[1],"language":null,"due":true,"record_version":1e999}',
    b'{"email":"\\ud800@example.com","name":"\\ud800","password":"\\ud800","reason":"\\u0000",'
    b'"due":["a"],"lead":{},"others":5,"kinds":7,"seq":5,"section":1,"covered":2,"theme":[],"language":{}}',
    b"[" * 100_000,
    b'{"name":' + b"9" * 5_000 + b"}",
]


def test_json_is_no_form(world: World) -> None:
    bad = []
    for address in world.forms:
        browser = right_one(world, address)
        for body in share(NO_FORMS, address, 5):
            answer = browser.client.post(address, data=body, content_type="application/json")
            good = answer.status_code < 500 and answer.status_code not in (201, 303)
            # a theme or language that is none may be answered with the way back
            if not good and not address.startswith(("/theme", "/language")):
                bad.append(f"{address} {body[:20]!r} → {answer.status}")
    assert bad == []


BODIES = [
    ("text/plain", b"name=x"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\ncut'),
    ("multipart/form-data; boundary=" + "x" * 5000, b"--x--"),
    ("multipart/form-data; boundary=x", b"--x\r\n" * 5000),
    ("application/x-www-form-urlencoded; charset=utf-16", b"name=%00%ff"),
    ("application/x-www-form-urlencoded", b"&".join(b"name=%d" % i for i in range(5000))),
    ("application/x-www-form-urlencoded", b"name=" + b"x" * 3_000_000),
    ("application/x-www-form-urlencoded", b"name=%ff%fe%00&email=%c0%ae&due=%f5"),
    ("application/xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ("", b"\x00\x01\x02"),
]


def test_other_content_types(world: World) -> None:
    for address in world.forms:
        browser = right_one(world, address)
        for kind, body in share(BODIES, address, 4):
            answer = browser.client.post(address, data=body, content_type=kind)
            fine(answer, f"{address} as {kind[:40]}")


def test_repeated_missing_and_foreign_fields(world: World) -> None:
    """Every value twice, nothing at all, and columns nobody may post."""
    for address, fields in world.forms.items():
        browser = right_one(world, address)
        twice = {name: [value, "x"] if isinstance(value, str) else value for name, value in fields.items()}
        fine(browser.client.post(address, data=twice), f"{address} twice")
        fine(browser.client.post(address, data={}), f"{address} empty")
        files = dict.fromkeys(fields, (b"bytes", "x.txt"))

        files = {name: (BytesIO(b"bytes"), "x.txt") for name in fields}
        fine(browser.client.post(address, data=files), f"{address} as files")
    everything_still_opens(world)


QUERIES = [
    "page=-1",
    "page=1" + "0" * 30,
    "page=" + "9" * 5000,
    "page=x&page=2",
    "sort='%20OR%201=1--&direction=x",
    "q=%25%5F%5C%27%22%28%29*%20NEAR%20AND%20OR%20NOT%20%3A%26%7C%21%3C-%3E",
    "q=%00",
    "q=%EF%B7%BA" * 100,
    "q=" + "%EF%B7%BA" * 200,
    "q=" + "a" * 5000,
    "q=%22",
    "q=*",
    "q=words%3Aa",
    "company=x&checklist=%00&auditor={}",
    "from=0001-01-01&to=9999-12-31",
    "from=9999-12-31&to=0001-01-01",
    "from=10000-01-01&to=0000-00-00",
    "from=2026-W01-1&to=20260101",
    "state=%00&grade=Z&kind=%22&state=",
    "w=99999999999999999999&n=" + "x" * 3000,
    "after=x&limit=-1",
    "after=.&limit=" + "9" * 5000,
    "next=%2F%09%2F%5B",
]


def test_addresses(world: World) -> None:
    bad = []
    paths = {page.partition("?")[0] for page in world.pages}
    paths |= {"/sign-in", f"/api/v1/inspections/{world.record}/operations", "/api/v1/ping"}
    manager, owner = PageClient(world.app, world.cast.admin), PageClient(world.app, world.cast.owner)
    for path in sorted(paths):
        browser = owner if path.startswith(("/api", "/inspections")) else manager
        for query in share(QUERIES, f"{path} {world.engine}", 8):
            answer = browser.client.get(f"{path}?{query}")
            if answer.status_code >= 500:
                bad.append(f"{path}?{query[:40]} → {answer.status}")
    assert bad == []


HEADERS = [
    ("Cookie", 'plumbline=x.y.z; plumbline_language=../x; plumbline_theme="><script>; plumbline_known=x'),
    ("Cookie", "plumbline_language=" + "x" * 3000),
    ("Accept-Language", "zh-" + "x" * 3000 + ";q=NaN, *;q=-1, \xff\xfe,,;;;"),
    ("Accept-Language", "en_US_POSIX-@calendar=hebrew;q=1e999"),
    ("Accept-Encoding", "gzip;q=x, *;q=0"),
    ("If-None-Match", 'W/"' + "x" * 3000),
    ("If-Modified-Since", "yesterday"),
    ("Range", "bytes=-1-"),
    ("HX-Request", "true\tx"),
    ("HX-Current-URL", "javascript:alert(1)"),
    ("Host", "evil.example:99999"),
    ("X-Forwarded-For", 'not an address, "><script>'),
    ("X-HTTP-Method-Override", "DELETE"),
    ("User-Agent", "\xff<script>" * 500),
    ("Content-Length", "0"),
]


def test_headers_of_rubbish(world: World) -> None:
    browser = PageClient(world.app, None)
    for path in ("/", "/sign-in", "/app/", "/app/en/", "/health", "/inspections", "/api/v1/ping"):
        for name, value in HEADERS:
            fine(browser.client.get(path, headers={name: value}), f"{path} with {name}")


ORIGINS = (
    *("http://[", "null", "http://localhost.evil.example", "://", "x" * 5000, "http://a@localhost"),
    *("http://localhost:81", "file://", "http://sub.localhost"),
)


def test_an_origin_is_never_a_failure(world: World) -> None:
    browser = PageClient(world.app, None)
    for origin in ORIGINS:
        answer = browser.client.post("/sign-in", data={"email": "a"}, headers={"Origin": origin})
        fine(answer, origin)
        assert origin == "null" or answer.status_code == 422, origin
