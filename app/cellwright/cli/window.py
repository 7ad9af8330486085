"""``cellwright [PATHS…]``: open the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import SlideNotReadable

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Open the window and return its exit code when it is closed."""
    paths = [Path(path).expanduser() for path in options.paths]
    for path in paths:
        if not path.exists():
            raise SlideNotReadable(
                f"{path} does not exist; check the path, or see 'cellwright --help' for the commands."
            )
    from cellwright.ui.app import main

    return main(paths, analyze=options.analyze)
