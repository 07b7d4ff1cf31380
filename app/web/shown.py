"""The last thing that happens to a text before it stands in a page or a letter.

What phones send is kept as it was typed, because its hash is signed; forms take these characters away before
(forms.py), paper after (domain/printing.py). Here they only are not shown: a name could read as another, and
a page with half a character cannot be sent at all.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

# controls but tab and line ends; what turns the direction of what follows; half characters
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def shown(value: Any) -> Any:
    """The same text, or markup, without them; whatever is no text stays."""
    if isinstance(value, str) and _HIDDEN.search(value):
        return type(value)(_HIDDEN.sub("", value))
    return value


def init(app: Flask) -> None:
    app.jinja_env.finalize = shown
