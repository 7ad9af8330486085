"""Text that a spreadsheet shows and never runs."""

from __future__ import annotations

import re

# A spreadsheet takes text that begins so for a formula, and a formula can start programs. Names of files and classes
# come from anywhere. Apostrophes before it count too, so that taking one off again gives exactly what was there.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def harmless(text: str) -> str:
    """Return text with an apostrophe in front if a spreadsheet would run it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_it_was(text: str) -> str:
    """Return what `harmless` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
