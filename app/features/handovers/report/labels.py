"""The words of a certificate that are the same in each: headings, heads of tables, how to check it. In the
current locale; the template lays two languages side by side.
"""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import pgettext


def labels() -> dict[str, str]:
    """By the names the template calls them."""
    page = _("Page %(page)s of %(pages)s", page="|", pages="|").split("|")
    return {
        "kind": _("Unit handover report"),
        "revision": _("Revision %(number)s", number="|"),
        "data": _("Data"),
        "only": _("Only the sealed file is the original."),
        "before": page[0],
        "of": page[1],
        "after": page[2],
        "defects": _("Defects"),
        "none": _("No defects were found."),
        "pairs": _("Before and after"),
        "meters": _("Meters"),
        "given": _("Keys and papers"),
        "warranty": _("Warranty"),
        "signatures": _("Signatures"),
        "control": _("Document control"),
        "no": _("No."),
        "class": _("Class"),
        "where": pgettext("defect", "Where"),
        "defect": _("Defect"),
        "state": _("State"),
        "repaired": _("Repaired:"),
        "check": pgettext("checklist", "Check"),
        "contractor": _("Contractor"),
        "case": _("Action"),
        "with_drawing": _("with drawing"),
        "nothing_shown": _("no photo"),
        "meter": _("Meter"),
        "reading": _("Reading"),
        "unit": pgettext("measure", "Unit"),
        "read_on": _("Read on"),
        "item": _("Item"),
        "counted": _("Counted"),
        "handed": _("Handed over"),
        "remark": _("Remark"),
        "remarks": _("Remarks"),
        "category": _("What it is about"),
        "contractor_until": _("Contractor until"),
        "developer_until": _("Developer until"),
        "clocks": _(
            "The contractor answers from the completion acceptance on, the developer towards the owner from "
            "delivery; the last day counts. Rights by law and contract stay as they are."
        ),
        "signs": _("Signing confirms what is recorded here. It does not limit any warranty."),
        "refused": _("Declined to sign."),
        "not_signed": _("not signed"),
        "undrawn": _("recorded without a drawn signature"),
        "witness": _("Witness:"),
        "received": _("received %(time)s", time="|"),
        "covers": _("covers"),
        "agreed": _("What was agreed to by signing or declining"),
        "report": _("Report"),
        "issued": _("issued %(time)s", time="|"),
        "replaces": _("Replaces revision %(revision)s.", revision="|"),
        "replaces_nothing": _("Replaces nothing."),
        "why": _("Why revised"),
        "made_of": _("Made of the walks"),
        "data_of": _("Data of this report"),
        "inside": _("Inside this file"),
        "inside_is": _("handover.json: the whole handover as it was frozen"),
        "seal": _("Seal"),
        "pins": _("Pins"),
        "plan_of": _("Floor plan, revision %(n)s", n="|"),
        "verify": _("Check this report"),
        "verify_how": _(
            "Scan the code or open the address and drop the file there. It names every signature, the newest "
            "revision, and any byte changed since."
        ),
        "qr": _("QR code to the verify page of this report"),
        "sha": _("SHA-256 of the data:"),
    }
