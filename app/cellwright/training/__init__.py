"""Training: recipes, samples, the loop, and how a trained network becomes a model folder that can be trusted."""

from cellwright.training.provenance import Provenance
from cellwright.training.publish import measured, publish
from cellwright.training.recipe import Recipe, read_recipe
from cellwright.training.train import Train, Trained

__all__ = ["Provenance", "Recipe", "Train", "Trained", "measured", "publish", "read_recipe"]
