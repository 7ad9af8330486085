"""Outlines are learned from label images: two discs in seconds, exactly resumable, to a model that finds them."""

import numpy as np
import pytest
import torch

from cellwright.core import BadParameter, DatasetNotReadable, ModelNotUsable
from cellwright.jobs import run_inline
from cellwright.training import Train, read_recipe
from cellwright.training.tasks import task_of
from cellwright.training.tasks.instances import boxes_of, regions_of
from cellwright.training.tasks.stars import outlines_of
from cellwright.zoo import load_card
from tests.training.outlined import write_discs, write_recipe
from tests.training.test_train import stop_after, weights_of

TOUCHING = "[pixels]\ntouching_px = 1"


@pytest.fixture(scope="module")
def discs(tmp_path_factory):
    return write_discs(tmp_path_factory.mktemp("discs") / "set")


def run(recipe, data, out, on_progress=None, **options):
    return run_inline(Train(recipe, data, out, workers=0, device="cpu", **options), on_progress)


def test_stars_are_learned_and_become_a_model(discs, tmp_path):
    trained = run(write_recipe(tmp_path / "r.toml", "stars", 60), discs, tmp_path / "run")
    assert trained.scores["ap_50"] > 0.9
    card = load_card(trained.model)
    assert card.task == "instances" and card.decoding.kind == "stars" and card.decoding.grid == 2
    assert card.decoding.foreground is None
    assert card.input.contrast == "percentile" and not card.input.fit and card.input.stride == 8
    assert card.metrics.scores["ap_50"] > 0.9 and card.metrics.scores["dice"] > 0.8
    assert 12 < card.input.object_px < 22
    assert all((tmp_path / "run" / f"{name}.png").stat().st_size > 5000 for name in ("curves", "predictions"))


def test_a_head_anew_on_a_known_body_makes_outlines_exact(discs, tmp_path):
    plain = run(write_recipe(tmp_path / "s.toml", "stars", 1), discs, tmp_path / "stars")
    recipe = write_recipe(tmp_path / "r.toml", "stars", 60)
    text = recipe.read_text().replace("rays = 16,", "rays = 16, pixels = true,")
    recipe.write_text(text)
    with pytest.raises(ModelNotUsable, match="another architecture"):
        run(recipe, discs, tmp_path / "all", start=plain.model)
    recipe.write_text(text.replace("seed = 3", 'seed = 3\nstart = "body"'))
    trained = run(recipe, discs, tmp_path / "run", start=plain.model)
    card = load_card(trained.model)
    assert card.decoding.foreground == 0.5
    assert card.training.start.endswith("its head anew") and card.parent is None
    assert trained.scores["ap_50"] > 0.9 and card.metrics.scores["dice"] > 0.93


@pytest.mark.parametrize("more", ["", TOUCHING], ids=["classes", "touching"])
def test_pixels_are_learned_and_become_a_model(discs, tmp_path, more):
    recipe = write_recipe(tmp_path / "r.toml", "pixels", 40, more=more)
    if not more:
        recipe.write_text(recipe.read_text().replace('format = "labels"', 'format = "index"'))
    trained = run(recipe, _one_class(discs, tmp_path) if not more else discs, tmp_path / "run")
    assert trained.scores["dice"] > 0.9
    card = load_card(trained.model)
    assert (card.task, card.decoding.kind) == (("instances", "touching") if more else ("semantic", "classes"))
    assert card.metrics.scores["dice"] > 0.9


def _one_class(discs, tmp_path):
    """The same set, with a class for each pixel instead of an object."""
    import shutil

    from PIL import Image

    root = tmp_path / "one-class"
    shutil.copytree(discs, root)
    for path in (root / "labels").iterdir():
        Image.fromarray((np.asarray(Image.open(path)) > 0).astype(np.uint8)).save(path)
    (root / "labels").rename(root / "masks")
    return root


@pytest.mark.parametrize("task", ["stars", "pixels"])
def test_a_broken_training_of_outlines_ends_with_the_same_weights(discs, tmp_path, task):
    recipe = write_recipe(tmp_path / "r.toml", task, 3, more=TOUCHING if task == "pixels" else "")
    recipe.write_text(recipe.read_text().split("[card]")[0])
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(recipe, discs, whole)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, discs, broken, stop_after(4))
    run(recipe, discs, broken, resume=True)
    a, b = weights_of(whole), weights_of(broken)
    assert all(torch.equal(value, b[name]) for name, value in a.items())


def test_an_encoder_alone_is_taken_over(discs, tmp_path):
    stars = run(write_recipe(tmp_path / "s.toml", "stars", 1), discs, tmp_path / "stars")
    recipe = write_recipe(tmp_path / "p.toml", "pixels", 1, more=TOUCHING)
    text = recipe.read_text()
    with pytest.raises(ModelNotUsable, match="another architecture"):
        run(recipe, discs, tmp_path / "all", start=stars.model)
    still = text.replace("seed = 3", 'seed = 3\nstart = "encoder"')
    still = still.replace("[optimise]", '[optimise]\nfreeze = ["encoder"]')
    recipe.write_text(still)
    trained = run(recipe, discs, tmp_path / "pixels", start=stars.model)
    card = load_card(trained.model)
    assert card.training.start.startswith("the encoder of discs-stars@") and card.parent is None
    from cellwright.zoo import load_network

    before, after = load_network(stars.model).encoder, load_network(trained.model).encoder
    assert all(torch.equal(v, after.state_dict()[k]) for k, v in before.state_dict().items())
    recipe.write_text(still.replace('["encoder"]', '["stem"]'))
    with pytest.raises(ModelNotUsable, match="no part 'stem'"):
        run(recipe, discs, tmp_path / "stem")


@pytest.mark.parametrize(
    ("task", "old", "new", "words"),
    [
        ("stars", "[look]", "[pixels]\ntouching_px = 1\n[look]", "says what a task 'pixels' learns"),
        ("stars", "scale = [0.9, 1.1]", "mosaic = 0.5", "mosaic puts pictures with boxes together"),
        ("stars", "fit = false", "percentiles = [99.0, 1.0]", "the smaller first"),
        ("stars", 'task = "stars"', 'task = "boxes"', "shown fitted pictures"),
        ("pixels", '["disc"]', '["disc", "ring"]', "one class"),
    ],
)
def test_words_that_do_not_fit_the_task_are_refused(tmp_path, task, old, new, words):
    recipe = write_recipe(tmp_path / "r.toml", task, 1, more=TOUCHING if task == "pixels" else "")
    text = recipe.read_text().split("[card]")[0]
    recipe.write_text(text.replace(old, new))
    with pytest.raises(BadParameter, match=words):
        read_recipe(recipe)


def test_outlines_are_not_learned_from_boxes(disc_set, tmp_path):
    recipe = write_recipe(tmp_path / "r.toml", "stars", 1)
    recipe.write_text(
        recipe.read_text().replace('"labels"', '"yolo"').replace('["disc"]', '["RED"]').replace("disc =", "RED =")
    )
    with pytest.raises(DatasetNotReadable, match="boxes but no outlines"):
        run(recipe, disc_set, tmp_path / "run")


def test_a_sample_of_stars_says_what_stands_at_its_grid_points(discs, tmp_path):
    task = task_of(read_recipe(write_recipe(tmp_path / "r.toml", "stars", 1)))
    pictures = task.load(discs, "train")
    sample = task.sample(pictures, 0, task.recipe.phases[0], np.random.default_rng(1))
    assert sample.image.shape == (3, 64, 64) and sample.distances.shape == (32, 32, 16)
    assert ((sample.probability > 0) == (sample.kinds == 0)).all()
    assert ((sample.distances > 0).all(2) == (sample.kinds == 0)).all()
    batch = task.collate([sample, sample])
    assert batch.truth.distances.shape == (2, 16, 32, 32) and batch.truth.probability.shape == (2, 1, 32, 32)


def test_the_true_stars_of_a_picture_are_its_discs(discs, tmp_path):
    from cellwright.shapes import edge_probability, labels_from_masks, star_distances

    task = task_of(read_recipe(write_recipe(tmp_path / "r.toml", "stars", 1)))
    picture = task.load(discs, "val")[0]
    true = np.concatenate(
        (edge_probability(picture.labels, 2)[None], star_distances(picture.labels, 32, 2).transpose(2, 0, 1))
    )
    found = labels_from_masks(outlines_of(torch.from_numpy(true), 32, 2, 1.0, picture.shape).masks, picture.shape)
    for value in (1, 2):
        own = found == found[picture.labels == value].max()
        both = (own & (picture.labels == value)).sum() / (own | (picture.labels == value)).sum()
        assert both > 0.95


def test_boxes_enclose_their_masks():
    masks = np.zeros((2, 20, 30), bool)
    masks[0, 3:7, 10:25], masks[1, 19, 0] = True, True
    assert boxes_of(masks).tolist() == [[10, 3, 25, 7], [0, 19, 1, 20]]
    assert boxes_of(np.zeros((0, 5, 5), bool)).shape == (0, 4)


def test_regions_are_painted_where_their_boxes_lie_and_the_surer_first():
    from cellwright.shapes import labels_from_masks

    rows = torch.zeros(3, 6 + 16)
    rows[0, :6], rows[1, :6] = torch.tensor([4, 4, 12, 12, 0.6, 0]), torch.tensor([8, 4, 16, 12, 0.9, 0])
    rows[:2, 6:] = 1.0
    found = regions_of(rows, 1.0, (20, 20))
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])
    labels = labels_from_masks(found.masks, (20, 20))
    assert (labels[4:12, 8:16] == 1).all() and (labels[4:12, 4:8] == 2).all() and (labels > 0).sum() == 96
    larger = regions_of(rows, 0.5, (40, 40))  # the network saw it at half size
    assert (labels_from_masks(larger.masks, (40, 40)) > 0).sum() == 4 * 96
