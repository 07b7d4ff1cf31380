"""Where every line of text ends up on its page, asked of the renderer. A program of its own, for
no test process may import it: `python -m tests.factories.boxes` reads the names of folders, a line each,
where page.html, page.css and photos lie.

Answers each with a line of JSON: for each page its size, its printable area, and every line as [left, top,
right, bottom, text].
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def pages(folder: Path) -> list[dict[str, Any]]:
    import weasyprint
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Photos(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("photo:"):
                data = (folder / f"{url[6:]}.jpg").read_bytes()
                return URLFetcherResponse(url, data, {"Content-Type": "image/jpeg"})
            return super().fetch(url, headers)

    fetcher = Photos(allowed_protocols=("data", "photo"))
    html = weasyprint.HTML(string=(folder / "page.html").read_text("utf-8"), url_fetcher=fetcher)
    document = html.render(stylesheets=[weasyprint.CSS(string=(folder / "page.css").read_text("utf-8"))])
    return [_page(page) for page in document.pages]


def _page(page: Any) -> dict[str, Any]:
    box = page._page_box
    lines, bases = [], []
    for each in box.descendants():
        text = getattr(each, "text", None)
        if text and text.strip():
            right, bottom = each.position_x + each.width, each.position_y + each.height
            lines.append([each.position_x, each.position_y, right, bottom, text])
        if "seal" in ((each.element.get("class") or "").split() if each.element is not None else ()):
            bases.append([each.position_x, each.position_y, each.position_x + each.width])
    return {
        "width": page.width,
        "height": page.height,
        "right": page.width - box.margin_right,
        "lines": lines,
        "bases": bases,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(pages(Path(line.strip()))), flush=True)
