"""Spans of time as options of commands."""

import argparse

from keys.writes import LONGEST_LIFETIME


def days(text: str) -> int:
    """A lifetime of a key in days. Raises argparse.ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LONGEST_LIFETIME.days:
        raise argparse.ArgumentTypeError(f"days are a whole number from 1 to {LONGEST_LIFETIME.days}")
    return int(text)
