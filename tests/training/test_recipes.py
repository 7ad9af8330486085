"""Every recipe that ships can be read and describes a network that builds, answers and costs something."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cellwright import nets
from cellwright.bundled import bundled
from cellwright.nets.assign import Truth
from cellwright.training import read_recipe
from cellwright.training.augment import Sample
from cellwright.training.crops import LabelSample
from cellwright.training.tasks import task_of
from cellwright.training.whole_pictures import ShownPicture

RECIPES = sorted([*bundled("resources", "recipes").glob("*.toml"), *bundled("models").glob("*/recipe.toml")])
GENERATIONS = {"yolo-v3", "yolo-v4", "yolo-v5n", "yolo-v5s", "pp-yolo"}


def test_every_generation_of_the_family_is_a_recipe():
    assert {path.stem for path in RECIPES} >= GENERATIONS


BOXES = [path for path in RECIPES if read_recipe(path).task == "boxes"]
WHOLE = [path for path in RECIPES if read_recipe(path).task == "pictures"]
OUTLINES = [path for path in RECIPES if path not in BOXES + WHOLE]


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", BOXES, ids=name_of)
def test_a_shipped_recipe_builds_a_network_that_can_be_trained(path: Path):
    recipe = read_recipe(path)
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 200, (40, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(15, 150, (40, 2))], 1).astype(np.float32)
    picture = Sample(torch.zeros(3, 416, 416, dtype=torch.uint8), boxes, np.zeros(40, np.int64))
    network = nets.build(task_of(recipe).architecture([picture]))
    truth = Truth(torch.from_numpy(boxes[None, :5] / 7), torch.zeros(1, 5, dtype=torch.int64), torch.ones(1, 5) > 0)
    # In evaluation mode: batch norm has nothing to learn from one tiny picture.
    loss = network.eval().loss(torch.rand(1, 3, 64, 64), truth)
    assert torch.isfinite(loss.total) and loss.total > 0


@pytest.mark.parametrize("path", OUTLINES, ids=name_of)
def test_a_shipped_recipe_of_outlines_makes_samples_that_its_network_learns_from(path: Path):
    recipe = read_recipe(path)
    task = task_of(recipe)
    labels = np.zeros((200, 240), np.int32)
    labels[20:60, 30:70], labels[60:90, 40:80], labels[120:180, 90:140] = 1, min(2, len(recipe.data.classes)), 1
    picture = LabelSample(torch.randint(0, 255, (3, 200, 240), dtype=torch.uint8), labels)
    network = nets.build(task.architecture([picture])).eval()
    batch = task.collate([task.sample([picture], 0, recipe.phases[0], np.random.default_rng(3))])
    cost = task.cost(network, batch.images.float() / 255, batch.truth, None)
    assert torch.isfinite(cost.total) and cost.total > 0 and len(cost.parts) >= 2


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_a_shipped_recipe_of_whole_pictures_makes_samples_that_its_network_learns_from(path: Path):
    recipe = read_recipe(path)
    task = task_of(recipe)
    picture = ShownPicture(torch.randint(0, 255, (3, 200, 240), dtype=torch.uint8), 1, path)
    network = nets.build(task.architecture([picture])).eval()
    batch = task.collate([task.sample([picture], 0, recipe.phases[0], np.random.default_rng(3))])
    assert batch.images.shape == (1, 3, recipe.phases[0].size_px, recipe.phases[0].size_px)
    cost = task.cost(network, batch.images.float() / 255, batch.truth, None)
    assert torch.isfinite(cost.total) and cost.total > 0
