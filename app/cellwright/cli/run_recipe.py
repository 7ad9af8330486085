"""``cellwright run``: pictures analysed as a recipe says, with a manifest of what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellwright.cli.analyze import Wishes, analyze_all
from cellwright.workflows.analysis_recipe import read_recipe
from cellwright.workflows.batch_sources import find_slides

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Repeat a recorded analysis on other pictures; `Exit` as of ``analyze``."""
    recipe = read_recipe(options.recipe)
    folder, card = recipe.checked_model(options.model)
    look, write = recipe.look, recipe.write
    wishes = Wishes(
        folder,
        card,
        recipe.thresholds(card),
        options.device,
        recipe.pixel_size,
        look.augment,
        look.scales,
        look.floor,
        look.every_class,
        look.object_px,
        None if look.channels is None else ",".join(map(str, look.channels)),
        look.nms_iou,
        options.out,
        write.formats,
        options.overwrite,
        write.with_pictures,
        True,
        write.measured,
        recipe.checked_classifier(),
        recipe.measure.value(),
        "" if recipe.keep is None else recipe.keep.objects,
        recipe.said_size,
    )
    return analyze_all(find_slides(options.paths), wishes, is_json=options.json, is_debug=options.debug)
