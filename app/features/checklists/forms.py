"""A checklist in words: its kind, and its scoring rules for people who read before they are scored."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.domain.checklists import questions
from app.web.i18n import comma, words

KINDS: dict[str, LazyString] = {
    "supplier_audit": _l("Supplier audit"),
    "unit_handover": _l("Handover"),
}


def kind_name(kind: str) -> str:
    """What sort of inspection a checklist is for; a kind of somebody's own is shown as it is."""
    return str(KINDS.get(kind, kind))


def about_rules(definition: dict[str, Any]) -> list[str]:
    """One sentence per rule that is on, in the order in which they are applied (domain.md B2.5)."""
    rules, scale = definition["rules"], definition["scale"]
    if rules["grade"]:
        points = comma().join(str(option["points"]) for option in scale["options"])
        said = [_("Each question is scored %(points)s and counts by its weight.", points=points)]
    else:
        labels = comma().join(words(option["label"]) for option in scale["options"])
        said = [_("Each question is answered: %(labels)s. There is no grade.", labels=labels)]
    if rules["group_weights"]:
        said.append(_("Each section is averaged first, then the sections count by their own weights."))
    if definition["na"]:
        said.append(_("A question that does not apply is left out of the sum; the reason is written down."))
    if rules["grade"]:
        said.append(
            _(
                "Grade A from %(a)s %%, B from %(b)s %%, C below.",
                a=rules["grade"]["a"],
                b=rules["grade"]["b"],
            )
        )
    if rules["coverage"]:
        share = f"{rules['coverage'][0]}/{rules['coverage'][1]}"
        said.append(_("If fewer than %(share)s of a section can be scored, there is no grade.", share=share))
    if rules["downgrade"] == "vda":
        said += [
            _("At most B: a section below 80 %, a critical question at 4, or any question at 0."),
            _("At most C: a section below 70 %, or a critical question at 0."),
        ]
    if any(question["veto"] for question in questions(definition)):
        said.append(_("A veto question at 0 means not approved, whatever the score."))
    if rules["duty"] == "vda":
        said.append(
            _(
                "A note is due below 8 and on every critical question, "
                "a photo below 6 and on a critical one below 8."
            )
        )
    return said
