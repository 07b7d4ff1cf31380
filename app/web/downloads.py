"""Answers that browsers keep as files."""

from __future__ import annotations

from urllib.parse import quote


def attachment(stem: str, ending: str) -> str:
    """The value of Content-Disposition for a file named after something people call as they like: headers
    take no Chinese, and a quotation mark would end the name.
    """
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in stem).strip("-")
    whole = quote(f"{stem}.{ending}", safe="")
    return f"attachment; filename=\"{plain or 'file'}.{ending}\"; filename*=UTF-8''{whole}"
