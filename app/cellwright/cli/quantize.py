"""``cellwright models quantize``: run a model in 8 bits, where it answers as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.cli.console import print_json, print_table, say, watching
from cellwright.cli.main import Exit
from cellwright.workflows.quantize import QuantizeModel
from cellwright.zoo import find_model

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Take ranges from pictures, judge in both number formats, and write what came of it into the model's folder."""
    asked = QuantizeModel(options.model, options.data, options.split, options.judged_on, options.pictures)
    with watching(is_silent=options.json) as watcher:
        said = watcher.run(asked)
    if options.json:
        print_json({"pictures": said.pictures, "layers": len(said.layers), "measured": dict(said.measured)})
        return Exit.DONE
    rows = [[name, f"{usual:.4f}", f"{rounded:.4f}"] for name, (usual, rounded) in said.measured.items()]
    print_table("", ["Score", "As before", "In 8 bits"], rows)
    say(f"{find_model(options.model).name} is run in 8 bits from now on, on processors that multiply them.")
    return Exit.DONE
