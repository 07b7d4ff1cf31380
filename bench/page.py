"""docs/performance.md: written by the run, so that no figure in it is older than the code beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.config import ROOT
from bench.machine import facts
from bench.table import HEADS, Line, markdown

TARGET = ROOT / "docs" / "performance.md"
TITLES = {
    "push": "Taking work in",
    "catchup": "Coming home with a full phone",
    "visit": "Opening the runner on a bad network",
    "tap": "Saving an answer on the phone",
    "footprint": "Start and memory",
    "lists": "Lists",
    "estates": "Estates",
    "report": "Reports",
    "issue": "From the last tap to the report",
    "plan": "Plans",
    "backup": "Backup",
}
HOW = """\
# Performance

Written by `make bench`; not by hand. Every figure stands beside a reference that was measured in the
same run on the same machine, except where it says "published". `python -m bench push` (or `catchup`,
`visit`, `tap`, `footprint`, `lists`, `estates`, `report`, `issue`, `plan`, `backup`) takes one measure again
without writing this page."""
NOTES = {
    "push": """\
Audits of 100 answers (37 KB of JSON, 100 operations) go through gunicorn, Flask, the operation log, the
merge and the score into SQLite, and are answered after the commit: what is answered survives a power
cut. The reference writes as many rows of the same size into one plain table, without any of that, with
the same journal and fsync and as many audits in a commit as our server really put into one. The sender
runs on the same machine. What a Flask app that only says hello costs under the same gunicorn stands beside
the CPU figures, because a millisecond of a shared processor is not always worth the same.""",
    "catchup": """\
200 audits of 100 answers, one request each, then 400 photos of 300 KB, three at a time in parts of 256 KB
of which two are under way, as the phone does it. The server checks every hash, decodes every photo, makes
its two smaller copies and keeps the metadata apart. The reference is a server of the standard library
that writes each body into a file, fsyncs it and answers, asked by the same sender. Over a link of 20
Mbit/s up, more than phones usually have, the server works while the link is busy: that is what the target
is for. On this machine alone there is no link to wait for, and the ratio says what decoding and shrinking
a photo costs beside writing it away.""",
    "visit": """\
Chromium with the developer tools' "Slow 4G" (562 ms for each request, 1.44 Mbit/s down) and a processor
slowed four times, on a signed-in phone that was never here, at the address of a planned audit. Usable:
the first question stands on the screen, and a tap on it is saved. Bytes are the browser's own count,
headers included. Enketo's figures are published ones for a form of 100 questions under the same
throttling; they were not taken in this run. From the second visit on the service worker gives the shell
and its files at once; "without a network" is the same phone and processor in airplane mode. The flat is
opened at its first room, on the phone of the officer who walks it.""",
    "tap": """\
From the click event until the words stand in the page, and until the transaction that holds the
operation is complete. The reference puts the same row into an empty database with the same durability,
between two taps.""",
    "footprint": """\
The web process under the gunicorn settings of `make run`, beside a Flask app that says hello under the
same.""",
    "lists": """\
Signed in as a manager who may see everything; 25 rows a page with filters, counts and pager.""",
    "estates": """\
25 buildings of 25 floors with 8 units each; nine of ten are walked, with 18,000 defects in every state and
re-inspections of most. Signed in as a manager who may see everything. The reference is a Flask app that runs
one query for the same rows on the same database and writes them out as they come.""",
    "report": """\
From the frozen record of an audit of 59 answers and ten findings to a sealed PDF: content shaped, page
written, drawn as PDF/A-3u in the warm process that draws, data and answers attached, two seals. Photos
are prepared (1280 pixels, no metadata), as they lie on the server. The first reference is WeasyPrint
alone, warm, on the same HTML and sheet, without PDF/A, attachments or seals; the second is Chromium
printing the same page, started for each as it would be on a server. Memory is the peak of the process
that draws (of Chromium: of all its processes, shared pages by share). Processor time counts everything
that was needed.""",
    "issue": """\
Server and worker as `make run` starts them. An audit that is answered, photographed and signed is
completed with one operation; the time ends when the list of its reports, asked every 50 ms, names the
sealed PDF. All of it counts: the commit, the queue that wakes the worker, drawing, sealing, writing. The
worker has issued one report before.""",
    "plan": """\
Page 7 of a 40-page A1 PDF holds 20,000 thin lines. It is drawn once when it is brought, in a process that
is killed when it takes too much, and cut into tiles once by the worker, in another. Then 300 pins lie on
it, on a phone with a processor slowed four times: two fingers apart, one across, two together, four times,
with the sharper pieces arriving in between. Tasks are those of the page's thread in the browser's own
trace.""",
    "backup": """\
`flask --app wsgi backup create` beside the running server: database, 400 MB of photos, hash of every file,
into one tar. One phone goes on sending audits of 100 answers.""",
}


def write(found: Mapping[str, Sequence[Line]], load_before: str) -> str:
    """Writes the page; gives its path in the checkout."""
    TARGET.write_text(text(found, facts(load_before)), "utf-8")
    return str(TARGET.relative_to(ROOT))


def text(found: Mapping[str, Sequence[Line]], machine: str) -> str:
    parts = [HOW, machine, _verdict([line for lines in found.values() for line in lines])]
    for name, lines in found.items():
        table = markdown(HEADS, [line.cells for line in lines])
        parts.append(f"## {TITLES[name]}\n\n{NOTES[name]}\n\n{table}")
    return "\n\n".join(parts) + "\n"


def _verdict(lines: Sequence[Line]) -> str:
    judged = [line for line in lines if line.met is not None]
    missed = [f"- {line.what}: {line.ours} (target {line.target})" for line in judged if not line.met]
    said = f"{len(judged) - len(missed)} of {len(judged)} targets are met."
    return "\n".join([said, *(["Not met:", "", *missed] if missed else [])])
