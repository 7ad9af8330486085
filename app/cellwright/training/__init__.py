"""Training: recipes, samples, the loop, and how a trained network becomes a model folder that can be trusted."""

from cellwright.training.publish import Provenance, measured, publish
from cellwright.training.recipe import Recipe, read_recipe
from cellwright.training.train import TrainDetector, Trained

__all__ = ["Provenance", "Recipe", "TrainDetector", "Trained", "measured", "publish", "read_recipe"]
