"""The command line: words in, operations run with a progress bar, one sentence and an exit code out."""

from cellwright.cli.main import main

__all__ = ["main"]
