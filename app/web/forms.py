"""What every form shares: a refusal is said beside its field, and what was typed stays."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto, _is_submitted
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field, FileField, Form
from wtforms.validators import StopValidation, ValidationError

from app.domain.errors import PlumblineError
from app.web.sentences import sentence

# Marks that turn the direction of what follows: a name could read as another (as in domain/parties.py).
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
# by ranges, for a form may bring a million characters: categories Cc, Cs and the two line separators
NO_LETTERS = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
CONTROLS = re.compile("[\0-\b\v-\x1f\x7f-\x9f\ud800-\udfff]")  # Cc and Cs but tab and line break


class HouseForm(FlaskForm):
    """A form that can carry the refusal of a command."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Form, formdata: Any) -> Any:
            """Only what a form sends, files only for file fields: JSON, or a file under the name of a text,
            would put things without letters where texts belong.
            """
            if formdata is not _Auto:
                return formdata
            if not _is_submitted():
                return None
            takes_files = {field.name for field in form if isinstance(field, FileField)}
            files = [(name, file) for name, file in request.files.items(multi=True) if name in takes_files]
            return CombinedMultiDict((MultiDict(files), request.form))

    def refuse(self, error: PlumblineError, text: str | None = None) -> int:
        """Says the error beside its field, or above the form when it has none. Gives the HTTP status."""
        words = text or sentence(error.code, **error.params)
        field = self._fields.get(getattr(error, "field", None) or "")
        if field is not None:
            field.errors = [*field.errors, words]
        else:
            self.form_errors: list[str] = [*self.form_errors, words]
        return error.status


class Needed:
    """The field must be filled; white space alone does not fill it."""

    field_flags = {"required": True}  # noqa: RUF012 (WTForms reads it from the class)

    def __call__(self, form: Form, field: Field) -> None:
        if not field.data or (isinstance(field.data, str) and not _visible(field.data)):
            field.errors = []
            raise StopValidation(sentence("required"))


def _visible(text: str) -> bool:
    # zero-width characters are no blanks to Python, but a name made of them shows nothing
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


class AtMost:
    """No more than this many characters."""

    def __init__(self, characters: int) -> None:
        self.characters = characters

    def __call__(self, form: Form, field: Field) -> None:
        if field.data and len(field.data) > self.characters:
            raise ValidationError(sentence("too_long"))


def paragraphs(text: Any) -> Any:
    """Typed text of several lines as it is stored: one form of each letter, no control characters."""
    if not isinstance(text, str):
        return text
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return TURNING.sub("", CONTROLS.sub("", lines)).strip()


def one_line(text: Any) -> Any:
    """Typed text as it is stored: one form of each letter, no line breaks or control characters, no blanks
    around it.
    """
    if not isinstance(text, str):
        return text
    shown = NO_LETTERS.sub(" ", TURNING.sub("", text))
    return " ".join(unicodedata.normalize("NFC", shown).split())
