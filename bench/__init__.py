"""`make bench`: every measure beside a reference, in one run; the table goes to docs/performance.md."""
