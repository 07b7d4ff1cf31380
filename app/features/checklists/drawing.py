"""Drawing the form of a version: from its definition alone, in one language, whoever asks (DESIGN §4.1)."""

from __future__ import annotations

from flask import render_template
from flask_babel import force_locale

from app.domain.words import babel_locale
from app.features.checklists.models import Version


def draw_form(version: Version, language: str) -> str:
    """The fragment that phones keep; the reader's own language does not matter."""
    with force_locale(babel_locale(language)):
        return render_template("checklists/_form.html", definition=version.definition, language=language)
