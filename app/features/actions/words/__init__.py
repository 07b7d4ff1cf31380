"""Codes of actions in the reader's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

PARTS = {
    "plan": _lp("circle", "Plan"),
    "do": _lp("circle", "Do"),
    "check": _lp("circle", "Check"),
    "act": _lp("circle", "Act"),
}
STEPS = {
    "contain": _l("Stop and contain"),
    "cause": _l("Find the cause"),
    "measure": _l("Lasting measure"),
    "implement": _l("Put into practice"),
    "check": _l("Check the effect"),
    "act": _l("Make it the standard"),
}
PHASES = {
    "open": ("", "clock", _lp("state", "Open")),
    "review": ("fair", "eye", _l("To be judged by us")),
    "watch": ("good", "eye", _l("Effect is watched")),
    "closed": ("good", "check", _l("Closed")),
    "cancelled": ("faint", "cross", _l("Cancelled")),
}
KINDS = {
    "corrective": _l("Corrective"),
    "preventive": _l("Preventive"),
    "improvement": _l("Improvement"),
}
SEVERITIES = {
    "major": _l("Major"),
    "minor": _l("Minor"),
    "observation": _l("Observation"),
    "a": _l("Defect A"),
    "b": _l("Defect B"),
    "c": _l("Defect C"),
}
FORMS = {
    "short": _l("Short form"),
    "medium": _l("Cause and measure"),
    "full": _l("Full 8D"),
}
PLACES = {
    "customer_line": _l("Our line"),
    "customer_store": _l("Our store"),
    "transit": _l("In transit"),
    "supplier_store": _l("Supplier's store"),
    "in_process": _l("Work in process"),
    "raw_material": _l("Raw material"),
}
DISPOSITIONS = {
    "rework": _l("Rework"),
    "repair": _l("Repair"),
    "sort": _l("Sort"),
    "scrap": _l("Scrap"),
    "return": _l("Return"),
    "use_as_is": _l("Use as is"),
}
BRANCHES = {
    "man": _l("Man"),
    "machine": _l("Machine"),
    "material": _l("Material"),
    "method": _l("Method"),
    "environment": _l("Environment"),
    "measurement": _l("Measurement"),
}
TYPES = {
    "technical": _l("Technical"),
    "organisational": _l("Organisational"),
    "management": _l("Management"),
    "economic": _l("Economic"),
    "contract": _l("Contract"),
}
COSTS = {
    "line_stop": _l("Line stop"),
    "sorting": _l("Sorting"),
    "rework": _l("Rework"),
    "scrap": _l("Scrap"),
    "freight": _l("Freight"),
}
TASKS = {
    "notice": _l("Write to the supplier"),
    "confirmed_ok": _l("Parts confirmed OK are delivered at once"),
    "replacement": _l("Bad parts are replaced"),
    "stock": _l("Our stock is handled"),
    "emergency": _l("Emergency countermeasure"),
    "commitment": _l("Written commitment: every piece of the next three lots inspected"),
}
DESCRIPTION = {
    "who": _l("Who"),
    "what": _l("What"),
    "when": _l("When"),
    "where": _l("Where"),
    "why": _l("Why it is a problem"),
    "how": _l("How it was noticed"),
    "how_many": _l("How many"),
}
MOMENTS = {
    "found": _l("Found"),
    "before": _l("Before"),
    "after": _l("After"),
    "evidence": _l("Evidence"),
}
NEEDS = {
    "gate_response": _l("What was stopped and isolated"),
    "gate_places": _l("Places searched"),
    "gate_quantities": _l("Quantities agree in each place"),
    "gate_dispositions": _l("What became of bad parts"),
    "gate_safety": _l("Nothing unsafe is used as is"),
    "gate_occurrence": _l("Why it happened"),
    "gate_escape": _l("Why nobody noticed"),
    "gate_shown": _l("Evidence for the causes"),
    "gate_measures": _l("One measure for each cause"),
    "gate_types": _l("Each measure has a type"),
    "gate_owners": _l("Each measure has an owner and a day"),
    "gate_done": _l("What was done"),
    "gate_photo": _l("A photo of it"),
    "gate_done_by": _l("Who did it"),
    "gate_cut_in": _l("Cut-in lot or day"),
    "gate_word": _l("The verifier's word"),
    "gate_lots": _l("Next three lots inspected"),
    "gate_lots_good": _l("All of these lots good"),
    "gate_documents": _l("Documents changed, or why none"),
    "gate_revisions": _l("Each document with its revision"),
    "gate_similar": _l("Similar parts and sites"),
    "gate_lesson": _l("The lesson"),
}
ACTS = {
    "raised": _l("Opened"),
    "written": _l("Written"),
    "sent": _l("Sent"),
    "accepted": _l("Accepted"),
    "returned": _l("Sent back"),
    "seen": _l("Open point looked at in an inspection"),
    "rechecked": _l("Looked at again after the repair"),
    "verified": _l("Checked: effective"),
    "not_effective": _l("Checked: not effective"),
    "standardised": _l("Made the standard"),
    "ineffective": _l("It happened again: the countermeasure was not effective"),
    "reopened": _l("Opened again"),
    "closed": _l("Closed: effective"),
    "cancelled": _l("Cancelled"),
    "form_raised": _l("Larger form"),
    "date_asked": _l("Another date asked for"),
    "date_changed": _l("Date changed"),
    "date_refused": _l("Date kept"),
    "photo": _l("Photo added"),
    "site_note": _l("Written on site"),
    "site_photo": _l("Photo taken on site"),
    "file": _l("File added"),
    "lot": _l("Lot inspected"),
    "cost": _l("Cost noted"),
    "team": _l("Team"),
    "appointed": _l("Who answers for it"),
    "subject": _l("Part and defect named"),
    "task": _l("Task done"),
    "link_sent": _l("Link sent"),
    "link_shown": _l("Link shown"),
    "link_revoked": _l("Link taken back"),
    "assigned": _l("Given to another contractor"),
    "disputed": _l("Disputed by the contractor"),
    "dispute_kept": _l("Dispute: it stays with the contractor"),
    "dispute_upheld": _l("Dispute: it is no defect"),
    "dispute_given_on": _l("Dispute: given to another contractor"),
    "dispute_withdrawn": _l("Dispute taken back"),
    "dispute_ended": _l("The case ended before the dispute was decided"),
    "link_stray": _l("The link went to the wrong person"),
}
RECHECKED = {
    "pass": _l("Looked at again: repaired"),
    "fail": _l("Looked at again: not repaired"),
    "as_is": _l("Accepted as it is"),
}
STAYS = {
    "own": _l("By the person who repaired it: somebody else has to look."),
    "moved": _l("The case had moved on meanwhile, so it stays where it is."),
    "corrected": _l("A later revision of that visit says this; the case stays where it is."),
}
SEEN = {"open": _l("Still open"), "closed": _l("Seen closed")}
AGES = {
    "1": _l("1–7 days"),
    "8": _l("8–30 days"),
    "31": _l("over 30 days"),
}
