"""``cellwright models export``: one of our models as a folder that other programs run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, say, watching
from cellwright.cli.main import Exit
from cellwright.workflows.model_export import ExportModel

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Write the model, and say where it lies."""
    operation = ExportModel(options.model, options.format, options.out, options.overwrite)
    with watching(is_silent=options.json) as watcher:
        written = watcher.run(operation)
    if options.json:
        print_json({"folder": str(written.folder), "files": list(written.files), "notes": list(written.notes)})
        return Exit.DONE
    for note in written.notes:
        say(note)
    say(f"Written to {written.folder}: {', '.join(written.files)}")
    return Exit.DONE
