"""Figures in words: what each is called, how it reads, what it is made of, which list stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from babel.numbers import get_currency_precision
from flask_babel import format_currency, ngettext, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.unit_figures import Figures, Share
from app.features.handovers.queries.figures import Price

# state of the list behind a figure → what it is called
LISTS = {
    "open": _l("Not closed"),
    "late": _l("Overdue"),
    "closed": _l("Closed"),
    "back": _l("Sent back"),
    "rechecked": _l("Re-inspected"),
    "as_is": _l("Accepted as is"),
    "disputed": _l("Disputed"),
}
CHECKS = {"pass": _l("passed"), "fail": _l("failed"), "as_is": _l("accepted as is")}
DISPUTES = {
    "open": _l("dispute open"),
    "upheld": _l("dispute upheld"),
    "kept": _l("dispute turned down"),
    "given_on": _l("given on to another contractor"),
    "withdrawn": _l("dispute taken back"),
    "ended": _l("dispute not decided"),
}
NONE = "–"


class Figure(NamedTuple):
    """One number. `said`: small, beside it; `made`: how it is made, as a sentence; `behind`: the page that
    lists it, "defects" or "units", with what is `asked` there; `bad`: whether it stands in red.
    """

    key: str
    title: str
    value: str
    said: str
    made: str
    behind: str
    asked: Mapping[str, str] = MappingProxyType({})
    bad: bool = False


def tenths(value: int | None) -> str:
    return NONE if value is None else f"{value // 10}.{value % 10}"


def percent(share: Share) -> str:
    return NONE if share.percent is None else f"{share.percent} %"


def of(share: Share) -> str:
    """ "93 of 119": what a share is made of."""
    return pgettext("share", "%(n)s of %(all)s", n=f"{share.part:,}", all=f"{share.of:,}")


def prices(sums: Sequence[Price]) -> str:
    """What was taken off, a sum for each currency."""
    return " + ".join(
        str(format_currency(Decimal(one.amount).scaleb(-get_currency_precision(one.currency)), one.currency))
        for one in sums
    )


def told(figures: Figures, sums: Sequence[Price], disputes: Sequence[str]) -> list[Figure]:
    """The figures of a page, in the order they are read."""
    f, spans = figures, figures.days
    return [
        Figure(
            "per_unit",
            _("Defects for each unit"),
            f.per_unit.times(1) or NONE,
            _(
                "%(what)s in %(units)s",
                what=ngettext("%(num)s defect", "%(num)s defects", f.defects),
                units=ngettext("%(num)s unit", "%(num)s units", f.units),
            ),
            _("Defects ÷ units walked. A defect whose case was cancelled as a mistake does not count."),
            "defects",
        ),
        Figure(
            "clean",
            _("Without any defect"),
            percent(f.clean),
            _("%(n)s units", n=of(f.clean)),
            _("Units walked in which nothing was found ÷ units walked."),
            "units",
        ),
        Figure(
            "critical",
            _("Critical for 1,000 units"),
            f.critical.times(1000, 0) or NONE,
            ngettext("%(num)s defect of class A", "%(num)s defects of class A", f.critical.part),
            _("Defects of class A × 1,000 ÷ units walked."),
            "defects",
            {"class": "A"},
            bool(f.critical.part),
        ),
        Figure(
            "late",
            _("Overdue now"),
            f"{f.late:,}",
            _("of %(n)s not closed", n=f"{f.open:,}"),
            _(
                "Defects whose repair was due before now and was not sent. While we look at a repair its "
                "clock stands still."
            ),
            "defects",
            {"state": "late"},
            bool(f.late),
        ),
        Figure(
            "days",
            _("Days until closed"),
            tenths(spans.middle),
            _("9 of 10 within %(ninth)s, mean %(mean)s", ninth=tenths(spans.ninth), mean=tenths(spans.mean))
            if spans.of
            else _("nothing is closed yet"),
            _(
                "From the end of the walk until the case was closed, in days of 24 hours, of %(n)s closed "
                "defects. The large figure is the median: half took no longer.",
                n=f"{spans.of:,}",
            ),
            "defects",
            {"state": "closed"},
        ),
        Figure(
            "first_pass",
            _("Passed the first time"),
            percent(f.first_pass),
            _("%(n)s re-inspected", n=of(f.first_pass)),
            _(
                "Defects whose first re-inspection passed ÷ defects re-inspected at all. Accepted as is does "
                "not pass."
            ),
            "defects",
            {"state": "rechecked"},
        ),
        Figure(
            "back",
            _("Sent back"),
            percent(f.back),
            _("%(n)s repairs looked at", n=of(f.back)),
            _(
                "Defects whose repair failed a re-inspection, was sent back or came again ÷ defects of which "
                "somebody has looked at a repair."
            ),
            "defects",
            {"state": "back"},
        ),
        Figure(
            "one_visit",
            _("Handed over in one visit"),
            percent(f.one_visit),
            _("%(n)s units handed over", n=of(f.one_visit)),
            _(
                "Units whose keys changed hands after one walk and without any re-inspection ÷ units handed "
                "over."
            ),
            "units",
        ),
        Figure(
            "as_is",
            _("Accepted as is"),
            f"{f.as_is:,}",
            prices(sums) or _("no price taken off"),
            _("Defects that the last re-inspection left as they are, and the sum of their price notes."),
            "defects",
            {"state": "as_is"},
        ),
        Figure(
            "disputed",
            _("Disputed"),
            f"{len(disputes):,}",
            ngettext("%(num)s not decided", "%(num)s not decided", list(disputes).count("open")),
            _("Defects of which a contractor said that they are not theirs, or none."),
            "defects",
            {"state": "disputed"},
        ),
    ]


def task(code: str, units: int, many: int) -> str:
    """What somebody must do so that keys can change hands, of how many units."""
    things = {
        "repair": ngettext(
            "%(num)s defect of class A to repair", "%(num)s defects of class A to repair", many
        ),
        "recheck": ngettext("%(num)s repair to re-inspect", "%(num)s repairs to re-inspect", many),
        "walk_open": _("the walk to finish"),
        "no_walk": _("a walk to plan"),
        "meters_read": ngettext("%(num)s meter to read", "%(num)s meters to read", many),
        "meters_plausible": ngettext(
            "%(num)s reading below the last one to explain",
            "%(num)s readings below the last one to explain",
            many,
        ),
        "meters_shown": ngettext("%(num)s reading without a photo", "%(num)s readings without a photo", many),
        "keys_counted": _("keys to count"),
        "signed": ngettext("%(num)s signature missing", "%(num)s signatures missing", many),
    }
    if units == 1:
        return things[code]
    return _(
        "%(what)s in %(units)s",
        what=things[code],
        units=ngettext("%(num)s unit", "%(num)s units", units),
    )


WHO = {"company": _l("Contractor"), "officer": _l("Property officer"), "planner": _l("Whoever plans walks")}
