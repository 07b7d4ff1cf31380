"""A manager at a desk, without a browser: plans an audit through the forms of the real pages, in moments.

So every browser test that writes can have an inspection of its own, and speak of that one only.
"""

from __future__ import annotations

import http.cookiejar
import itertools
import re
import urllib.parse
import urllib.request
from datetime import date, timedelta
from typing import Any, NamedTuple

from justhtml import JustHTML

_numbers = itertools.count(1)
CHECKLIST = "4M1E supplier audit"


class Plan(NamedTuple):
    """A planned audit: its record's id, and the supplier's name, which no other inspection has."""

    record: str
    supplier: str


class Desk:
    def __init__(self, url: str, email: str, password: str) -> None:
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self._fill("/sign-in", email=email, password=password)

    def plan(self, lead: str, *others: str) -> Plan:
        """An audit in a month for these people (names, as pages show them), at a supplier of its own."""
        supplier = f"Linden Works {next(_numbers)}"
        company = self._fill("/suppliers/new", name=supplier, anyway="1").partition("?")[
            0
        ]  # others sound alike
        self._fill(f"{company}/sites/new", name=supplier, city="Wuxi")
        ended = self._fill(
            "/inspections/new",
            checklist=CHECKLIST,
            site=supplier,
            lead=lead,
            others=list(others),
            due=(date.today() + timedelta(days=30)).isoformat(),  # noqa: DTZ011 (a day is near enough)
        )
        found = re.fullmatch(r"/inspections/([0-9a-f-]{36})", ended.partition("?")[0])
        assert found, ended
        return Plan(found[1], supplier)

    def _fill(self, path: str, **values: str | list[str]) -> str:
        """Sends the form of a page with these values; the path where it ended. An option is named by what it
        shows. What is not given stays as the page has it.
        """
        page = JustHTML(self._opener.open(f"{self.url}{path}", timeout=60).read().decode(), sanitize=False)
        form = page.query("main form[method=post]")[0]
        fields = _fields(form)
        for name, value in values.items():
            shown = [value] if isinstance(value, str) else value
            fields[name] = [_option(form, name, each) for each in shown]
        body = urllib.parse.urlencode(fields, doseq=True).encode()
        to = f"{self.url}{form.attrs['action']}"
        request = urllib.request.Request(to, body, {"Origin": self.url})  # noqa: S310 (our own server)
        with self._opener.open(request, timeout=60) as answer:
            ended = str(answer.geturl())
        assert ended != to, f"{path} was not taken"
        return ended.removeprefix(self.url)


def _fields(form: Any) -> dict[str, list[str]]:
    """What a browser would send of a form as it stands; buttons are left out."""
    found: dict[str, list[str]] = {}
    for node in form.query("input, select, textarea"):
        attributes = node.attrs or {}
        name, kind = attributes.get("name"), attributes.get("type", "text")
        if not name or kind in ("submit", "button", "file"):
            continue
        if kind in ("checkbox", "radio") and "checked" not in attributes:
            continue
        if node.name == "select":
            options = node.query("option")
            chosen = [each for each in options if "selected" in (each.attrs or {})]
            if "multiple" not in attributes:
                chosen = chosen or options[:1]
            found.setdefault(name, []).extend((each.attrs or {}).get("value") or "" for each in chosen)
        else:
            text = node.to_text() if node.name == "textarea" else attributes.get("value")
            found.setdefault(name, []).append(text or ("on" if kind == "checkbox" else ""))
    return found


def _option(form: Any, name: str, shown: str) -> str:
    """The value of the choice that shows this; the text itself where nothing is to choose."""
    options = form.query(f"select[name={name}] option")
    ticks = form.query(f"input[name={name}][type=checkbox]")
    if not options and not ticks:
        return shown
    for option in options:
        if shown in option.to_text():
            return str((option.attrs or {}).get("value"))
    for tick in ticks:
        if tick.parent is not None and shown in tick.parent.to_text():
            return str((tick.attrs or {}).get("value"))
    raise AssertionError(f"{name} does not offer {shown}")
