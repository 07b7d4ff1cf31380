"""A re-inspection on paper: each repaired defect as it was, as the contractor left it and as it was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app.domain.again import AS_IS, FAIL, PASS, first_time_pass_rate
from app.features.inspections.report.findings import figures, rows_of
from app.features.inspections.report.reader import Reader, Said, typed
from app.features.inspections.words import walk as words

Record = Mapping[str, Any]
SHAPES = {PASS: "●", FAIL: "■", AS_IS: "◆"}
CLASSES = {PASS: "obs", FAIL: "major", AS_IS: "minor"}  # of the style sheet


def rechecks(record: Record) -> list[Mapping[str, Any]]:
    """What a re-inspection found, without rooms out of scope; nothing of any other inspection."""
    return [one for one in (record.get("walk") or {}).get("rechecks", ()) if one["result"]]


def is_again(record: Record) -> bool:
    return "rechecks" in (record.get("walk") or {})


def numbers(record: Record) -> dict[str, str]:
    """Question → the number its repair has on the pages: R1, R2, …"""
    return {one["question"]: f"R{at}" for at, one in enumerate(rechecks(record), start=1)}


def shown(record: Record) -> Iterator[str]:
    """The photos of the pairs, in their order on the pages."""
    for one in rechecks(record):
        yield from (*one["before"][:1], *one["after"][-1:])
        yield from (photo["sha256"] for photo in one["photos"])


def counted(record: Record, reader: Reader) -> str:
    """ "5 repairs looked at again: 3 passed, 1 failed, 1 as is."; nothing for any other inspection."""
    found = Counter(one["result"] for one in rechecks(record))
    if not found:
        return ""
    listed = reader.listed(
        text
        for result, text in (
            (PASS, _("%(n)s passed", n=found[PASS])),
            (FAIL, _("%(n)s failed", n=found[FAIL])),
            (AS_IS, _("%(n)s as is", n=found[AS_IS])),
        )
        if found[result]
    )
    return ngettext(
        "%(num)s repair looked at again: %(listed)s.",
        "%(num)s repairs looked at again: %(listed)s.",
        found.total(),
        listed=listed,
    )


def again(record: Record, reader: Reader) -> dict[str, Any] | None:
    """What the pages show of a re-inspection; None of any other."""
    if not is_again(record):
        return None
    found = rechecks(record)
    first = first_time_pass_rate([one["result"]] for one in found if not one["failed"])
    accepted: Counter[str] = Counter()
    for one in found:
        if one["price"]:
            accepted[one["price"]["currency"]] += one["price"]["amount"]
    return {
        "cards": [_card(at, one, reader) for at, one in enumerate(found, start=1)],
        "said": counted(record, reader),
        "first": _(
            "Of %(all)s repairs looked at for the first time %(n)s passed: %(percent)s %%.",
            all=first.checked,
            n=first.passed,
            percent=first.percent,
        )
        if first.checked
        else "",
        "prices": reader.listed(money(amount, currency) for currency, amount in sorted(accepted.items())),
    }


def _card(at: int, one: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    number = f"R{at}"
    text = one["text"]
    now = figures(number, one["photos"], reader)
    pair = [
        {"sha256": sha256, "name": f"{number} {name}", "taken": "", "drawn": None}
        for sha256, name in (
            *((sha256, _("before")) for sha256 in one["before"][:1]),
            *((sha256, _("after the repair")) for sha256 in one["after"][-1:]),
        )
    ]
    price = one["price"]
    return {
        "number": number,
        "anchor": f"r{at}",
        "shape": SHAPES[one["result"]],
        "class": CLASSES[one["result"]],
        "result": str(words.RESULTS[one["result"]][2]),
        "grade": f"{one['class']} {words.CLASSES[one['class']][2]}",
        "case": one["case"]["number"],
        "title": (typed(text) if "text" in text else reader.words(text)) or reader.own(""),
        "room": reader.words(one["room_name"]) if one["room_name"] else reader.own(""),
        "price": money(price["amount"], price["currency"]) if price else "",
        "rows": list(_rows(one, reader)),
        "photos": rows_of([*pair, *now], always_three=True),
    }


def _rows(one: Mapping[str, Any], reader: Reader) -> Iterator[tuple[str, list[Said]]]:
    if one["contractor"]:
        yield _("Contractor"), [reader.name(one["contractor"]["name"])]
    if said := typed(one["done"]):
        yield _("What was done"), [said]
    if one["failed"]:
        yield (
            _("Before"),
            [reader.own(ngettext("failed %(num)s time", "failed %(num)s times", one["failed"]))],
        )
    if note := typed(one["note"]):
        yield _("Found"), [note]
    if one["price"]:
        yield _("Price note"), [reader.own(money(one["price"]["amount"], one["price"]["currency"]))]


def money(amount: int, currency: str) -> str:
    """An amount in the smallest unit, as the language of the report writes it."""
    return format_currency(Decimal(amount) / 100, currency, locale=get_locale())
