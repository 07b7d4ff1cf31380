"""What codes of this feature are called in the reader's language: states, steps, verdicts, changes,
languages.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.domain.verifying import Verdict
from app.features.reports.models import Report
from app.web.sentences import sentence

# state → icon, tone, name
STATES: dict[str, tuple[str, str, LazyString]] = {
    "issued": ("seal", "good", _l("Issued")),
    "superseded": ("copy", "", _l("Superseded")),
    "queued": ("clock", "", _l("Queued")),
    "waiting": ("photo", "warn", _l("Waiting for photos")),
    "drawing": ("report", "", _l("Being drawn")),
    "sealing": ("seal", "", _l("Being sealed")),
    "failed": ("alert", "bad", _l("Failed")),
}
KINDS: dict[str, LazyString] = {
    "inspection": _l("Audit"),
    "handover": _l("Handover"),
    "action": _l("Corrective action"),
    "charge_back": _l("Charge-back note"),
    "register": _l("Register of actions"),
    "grade": _l("Supplier grade"),
}
# where the record of a kind is shown: a page of a feature above, named by its address
PAGES: defaultdict[str, str] = defaultdict(
    str, inspection="/inspections/", action="/actions/", charge_back="/actions/", handover="/units/"
)
# verdict → icon, tone, headline, what it means and what to do
VERDICTS: dict[Verdict, tuple[str, str, LazyString, LazyString]] = {
    Verdict.GENUINE: (
        "seal",
        "good",
        _l("Genuine: this is the report as it was issued here"),
        _l("Every byte is what was sealed. Nothing was changed, added or taken away."),
    ),
    Verdict.EARLIER: (
        "clock",
        "warn",
        _l("Sealed here, but an earlier state of the report"),
        _l("What is in it is unchanged, but seals that came later are missing. Ask for the whole report."),
    ),
    Verdict.APPENDED: (
        "info",
        "warn",
        _l("Sealed here; something was added behind its end"),
        _l("What the report shows is unchanged; the bytes behind its end show nothing."),
    ),
    Verdict.OFF_RECORD: (
        "info",
        "warn",
        _l("The seals are ours and unbroken, but this file is not on record"),
        _l("Ask whoever issued it: it may be from a time before this server was restored."),
    ),
    Verdict.CHANGED: (
        "alert",
        "bad",
        _l("Changed after it was sealed"),
        _l("It was sealed here, but what it shows now was changed afterwards. Do not rely on it."),
    ),
    Verdict.BROKEN: (
        "alert",
        "bad",
        _l("The seal is broken"),
        _l("Bytes that were sealed here are no longer what they were. Do not rely on this file."),
    ),
    Verdict.REWRITTEN: (
        "alert",
        "bad",
        _l("Written anew by another program: its seals no longer hold"),
        _l("Saving or shrinking does this. Its content may be right or not; ask for the original."),
    ),
    Verdict.STRIPPED: (
        "alert",
        "bad",
        _l("The seals were taken out"),
        _l("It says that it was issued here, but carries no seal. Do not rely on it; ask for the original."),
    ),
    Verdict.FOREIGN: (
        "alert",
        "bad",
        _l("Sealed by somebody else"),
        _l("Whatever name stands in it, the seal was not made by this installation."),
    ),
    Verdict.UNSEALED: (
        "info",
        "",
        _l("Not a report of ours"),
        _l("This PDF carries no seal, and nothing in it names a report issued here."),
    ),
    Verdict.UNREADABLE: (
        "alert",
        "bad",
        _l("This file cannot be read"),
        _l("It is no PDF, or so damaged that nothing can be said about it."),
    ),
}
CHANGES: dict[str, LazyString] = {
    "page_added": _l("A page was added."),
    "page_removed": _l("A page was removed."),
    "page_content": _l("What stands on a page was replaced."),
    "annotation": _l("A comment or a drawing was laid over a page."),
    "font": _l("A font was exchanged, which can make letters look like others."),
    "picture": _l("A picture was exchanged."),
    "attachment": _l("An attached file was added or exchanged."),
    "unreadable_update": _l("What was added behind it cannot be read."),
    "other": _l("Other parts of the file were changed."),
}
LEVELS: dict[str, LazyString] = {
    "B-B": _l("PAdES B-B: the time is this server's"),
    "B-T": _l("PAdES B-T: with a time stamp of an independent authority"),
    "B-LT": _l("PAdES B-LT: with a time stamp of an independent authority and its proof"),
}


def state_of(report: Report, superseded: bool) -> str:
    """The state as lists show it: a report with a newer revision is no longer the one that counts."""
    return "superseded" if superseded and report.state == "issued" else report.state


def progress_text(report: Report) -> str:
    """How far a report is, for those who wait for it; empty when it is issued."""
    told: dict[str, Any] = report.progress or {}
    done, of = told.get("done", 0), told.get("of", 0)
    if report.state == "issued":
        return ""
    if report.state in ("waiting", "failed"):
        return problem(report)
    step = told.get("step")
    if step == "photos" and of:
        return _("photos %(done)s/%(of)s", done=done, of=of)
    if step == "drawing":
        return _("drawing the pages")
    if step == "sealing":
        return _("sealing")
    return _("waiting for its turn")


def problem(report: Report) -> str:
    """Why a report is not there, in words; empty when nothing is wrong."""
    if not report.error:
        return ""
    said = sentence(report.error, **{"what": "", **report.error_params})
    if report.error == "report_photos_missing":
        photos = " ".join(sha256[:8] for sha256 in report.error_params.get("photos", ()))
        return f"{said} ({report.error_params.get('missing', 0)}: {photos})"
    return said


def kind_name(kind: str) -> str:
    """What a kind of record is called; its own name when nobody gave it one."""
    return str(KINDS.get(kind, kind))
