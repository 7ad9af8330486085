"""Kinds of training: what is read, sampled, judged and published for each kind of thing that is taught."""

from __future__ import annotations

from typing import Any

from cellwright.training.recipe import Recipe
from cellwright.training.tasks.task import Batch, Cost, Judgement, Task, moved


def task_of(recipe: Recipe) -> Task[Any, Any]:
    """Return what the recipe's ``task`` names."""
    # Imported when chosen: the boxes' batches know `Task`, which would be a circle at the top.
    if recipe.task == "stars":
        from cellwright.training.tasks.stars import Stars

        return Stars(recipe)
    if recipe.task == "pixels":
        from cellwright.training.tasks.pixels import PixelClasses

        return PixelClasses(recipe)
    if recipe.task == "instances":
        from cellwright.training.tasks.instances import Instances

        return Instances(recipe)
    if recipe.task == "pictures":
        from cellwright.training.tasks.pictures import WholePictures

        return WholePictures(recipe)
    from cellwright.training.tasks.boxes import Boxes

    return Boxes(recipe)


__all__ = ["Batch", "Cost", "Judgement", "Task", "moved", "task_of"]
