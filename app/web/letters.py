"""Letters: a text template in its reader's language; the first line is the subject."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, render_template
from flask_babel import force_locale

from app.config import Config
from app.domain.words import babel_locale


@dataclass(frozen=True, slots=True)
class Letter:
    to: str
    subject: str
    text: str


def write(template: str, to: str, language: str, **facts: object) -> Letter:
    """The letter `templates/emails/<template>`; `organisation` and `public_url` are given to all."""
    config: Config = current_app.config["PLUMBLINE"]
    with force_locale(babel_locale(language)):
        before, g.language = g.get("language"), language  # dates and data words follow the reader too
        try:
            written = render_template(
                f"emails/{template}", organisation=config.organisation, public_url=config.public_url, **facts
            )
        finally:
            g.pop("language") if before is None else setattr(g, "language", before)
    subject, _, text = written.partition("\n")
    return Letter(to, " ".join(subject.split()), text.strip() + "\n")
