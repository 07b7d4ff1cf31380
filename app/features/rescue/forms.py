"""What an admin types about held work and about a file of unsent work."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import PasswordField, SelectMultipleField, TextAreaField

from app.features.rescue.commands import REASON_AT_MOST
from app.web.forms import AtMost, HouseForm, Needed, paragraphs
from app.web.sentences import SENTENCES


class DecisionForm(HouseForm):
    pieces = SelectMultipleField(choices=[], validate_choice=False)
    reason = TextAreaField(
        _l("Reason, if you dismiss it"), filters=[paragraphs], validators=[AtMost(REASON_AT_MOST)]
    )

    def ids(self) -> set[UUID]:
        """The chosen pieces; what is no id is nobody's."""
        found = set()
        for text in self.pieces.data or []:
            try:
                found.add(UUID(text))
            except ValueError:
                continue
        return found


class FileForm(HouseForm):
    file = FileField(_l("File with unsent work"), validators=[FileRequired(SENTENCES["required"])])
    passphrase = PasswordField(_l("Passphrase"), validators=[Needed()])
