"""Training: recipes, samples, the loop, and how a trained network becomes a model folder that can be trusted."""

from cellwright.training.gather import gather
from cellwright.training.lesson import Lesson, LessonPicture
from cellwright.training.provenance import Provenance
from cellwright.training.recipe import Recipe, read_recipe
from cellwright.training.session import Trained
from cellwright.training.train import Train
from cellwright.training.tune import Tune

__all__ = [
    "Lesson",
    "LessonPicture",
    "Provenance",
    "Recipe",
    "Train",
    "Trained",
    "Tune",
    "gather",
    "read_recipe",
]
