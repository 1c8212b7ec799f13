"""`make bench`: what a call costs here and elsewhere, in one run on one machine. docs/performance.md tells more."""
