"""WeasyPrint alone on a page: `python -m bench.bare_report FOLDER RUNS` tells what each run cost, as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any


def main(folder: Path, runs: int) -> None:
    import weasyprint
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Photos(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("photo:"):
                data = (folder / f"{url[6:]}.jpg").read_bytes()
                return URLFetcherResponse(url, data, {"Content-Type": "image/jpeg"})
            return super().fetch(url, headers)

    html, css = ((folder / f"page.{end}").read_text("utf-8") for end in ("html", "css"))
    found = []
    for _ in range(runs + 1):  # the first one loads fonts and modules
        cpu, wall = time.process_time(), time.perf_counter()
        fetcher = Photos(allowed_protocols=("data", "photo"))
        page = weasyprint.HTML(string=html, url_fetcher=fetcher)
        pdf = page.write_pdf(stylesheets=[weasyprint.CSS(string=css)])
        found.append(
            {
                "cpu": time.process_time() - cpu,
                "wall": time.perf_counter() - wall,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "size": len(pdf or b""),
            }
        )
    print(json.dumps(found[1:]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
