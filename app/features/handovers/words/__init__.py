"""What blocks the keys, and who answers for what how long, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from app.features.inspections.words.walk import KEYS

__all__ = ["CLOCKS", "COVERED", "KEYS", "NEEDS", "PAPERS", "RECEIVERS", "WARRANTIES"]

# code of domain/handover.keys_gate → what must be true
NEEDS = {
    "walk_done": _l("The unit is walked, and no walk is under way"),
    "no_critical": _l("No defect of class A is open"),
    "meters_read": _l("Water and power meters are read, or it is said why not"),
    "meters_plausible": _l("A reading below the last one has its reason"),
    "meters_shown": _l("Each reading has a photo"),
    "keys_counted": _l("The keys of the entrance door are counted"),
    "signed": _l("Property officer and owner have signed, or it is on record that they refused"),
}
WARRANTIES = {
    "design life": _l("Foundation and main structure"),
    "5y": _l("Waterproofing of roof, wet rooms and external walls"),
    "heating": _l("Heating, two whole seasons"),
    "cooling": _l("Cooling, two whole seasons"),
    "2y": _l("Wiring, pipes, equipment, finishes"),
    "maker": _l("Appliances"),
}
# filters of repairs, as the address has them
REPAIRS = {
    "open": _l("All that is open"),
    "todo": _lp("repair", "To repair"),
    "overdue": _l("Overdue"),
    "disputed": _lp("repair", "Disputed"),
    "sent": _lp("repair", "Waiting for re-inspection"),
    "done": _lp("repair", "Done"),
}
# where a repair stands → icon, colour, words
STANDINGS = {
    "todo": ("clock", "warn", _lp("repair", "To repair")),
    "sent": ("up", "fair", _lp("repair", "Waiting for re-inspection")),
    "disputed": ("flag", "warn", _lp("repair", "Disputed")),
    "done": ("check", "good", _lp("repair", "Done")),
}
# the same as tabs of a contractor's page
TABS = {
    "todo": _lp("repair", "To do"),
    "sent": _lp("repair", "Sent"),
    "disputed": _lp("repair", "Disputed"),
    "done": _lp("repair", "Done"),
}
DECISIONS = {
    "kept": _lp("dispute", "It stays with the contractor"),
    "upheld": _lp("dispute", "It is no defect"),
    "given_on": _lp("dispute", "Given to another contractor"),
    "withdrawn": _lp("dispute", "Taken back"),
    "ended": _lp("dispute", "The case ended before it was decided"),
}
# what is given beside the keys (domain/certificate.py PAPERS)
PAPERS = {
    "guarantee": _l("Quality guarantee"),
    "manual": _l("User manual of the dwelling"),
    "as_built": _l("As-built drawing of pipes and wires"),
    "acceptance": _l("Copy of the completion acceptance filing"),
    "appliances": _l("Manuals and warranty cards of appliances"),
    "rules": _l("Rules of the estate"),
    "accounts": _l("Papers for water, power and gas accounts"),
}
RECEIVERS = {"owner": _l("The owner"), "representative": _l("Somebody for the owner")}
# state of domain/warranty.py → icon, colour, word
COVERED = {
    "runs": ("check", "good", _l("still answers for it")),
    "over": ("cross", "warn", _l("no longer answers for it")),
    "not_begun": ("clock", "mute", _l("its term has not begun")),
    "by_contract": ("info", "mute", _l("as the contract says")),
}
CLOCKS = {"contractor": _l("Contractor"), "developer": _l("Developer")}
