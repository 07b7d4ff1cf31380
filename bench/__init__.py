"""`make bench`: every measure beside a reference, in one run on one machine; the table goes to docs/performance.md."""
