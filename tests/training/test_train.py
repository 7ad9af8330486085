"""A training: goes on exactly where it stopped, stops when the loss is no number, and leaves a model that works."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from cellwright.core import BadParameter, DatasetNotReadable, ModelNotUsable, OutputExists, TrainingStopped
from cellwright.jobs import run_inline
from cellwright.training import Train, read_recipe
from cellwright.training.batches import EpochSamples, epoch_batches
from cellwright.training.optimise import learning_rate, make_optimizer
from cellwright.training.recipe import Optimise
from cellwright.training.tasks import task_of
from cellwright.training.weights import RunningMean, load_checkpoint
from cellwright.zoo import load_card, load_network


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return {k: v for k, v in load_file(folder / "checkpoint.safetensors").items() if k.startswith("network.")}


def stop_after(steps):
    """Progress callback that breaks off a training, as a person or a power cut would."""
    seen = 0

    def on_progress(report):
        nonlocal seen
        seen += report.total > 0
        if seen > steps:
            raise KeyboardInterrupt

    return on_progress


def test_a_training_that_was_broken_off_ends_with_the_same_weights(recipe_path, disc_set, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run_inline(Train(recipe_path, disc_set, whole, workers=0, device="cpu"))
    with pytest.raises(KeyboardInterrupt):
        # Three steps and a report an epoch: stops amid the second epoch, which must be repeated whole.
        run_inline(Train(recipe_path, disc_set, broken, workers=0, device="cpu"), stop_after(6))
    run_inline(Train(recipe_path, disc_set, broken, workers=0, device="cpu", resume=True))
    a, b = weights_of(whole), weights_of(broken)
    assert a.keys() == b.keys()
    for name, value in a.items():
        assert torch.equal(value, b[name]), name


def test_a_training_leaves_a_model_folder_curves_and_metrics(recipe_path, disc_set, tmp_path):
    trained = run_inline(Train(recipe_path, disc_set, tmp_path / "run", workers=0, device="cpu"))
    assert trained.epochs == 3 and 1 <= trained.best_epoch <= 3
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert all(np.isfinite(row["loss"]) and 0 <= row["map_50_95"] <= 1 for row in rows)
    for name in ("curves", "precision_recall", "confusion", "predictions"):
        assert (tmp_path / "run" / f"{name}.png").stat().st_size > 5000
    assert list((tmp_path / "run" / "tensorboard").glob("events.*"))
    card = load_card(trained.model)
    assert card.class_names == ("RED", "BLUE")
    assert card.metrics is not None and card.metrics.pictures == 5
    assert card.training is not None and card.training.pictures == 12
    network = load_network(trained.model, card)
    with torch.inference_mode():
        assert network.predict(torch.zeros(1, 3, 96, 96)).shape[-1] == 6


def test_a_training_can_begin_with_a_finished_model(recipe_path, disc_set, tmp_path):
    first = run_inline(Train(recipe_path, disc_set, tmp_path / "first", workers=0, device="cpu"))
    still = recipe_path.read_text().replace("2e-3", "1e-12").replace("weight_decay", "# weight_decay")
    recipe_path.write_text(still)
    second = run_inline(Train(recipe_path, disc_set, tmp_path / "second", workers=0, device="cpu", start=first.model))
    card = load_card(second.model)
    assert card.training.start == card.parent == load_card(first.model).source.removeprefix("model:")
    before, after = (dict(load_network(m).named_parameters()) for m in (first.model, second.model))
    # Learning next to nothing from there leaves the weights where they were, up to half precision.
    assert all(torch.allclose(before[name], after[name], atol=1e-3) for name in before)
    recipe_path.write_text(still.replace('"RED"', '"PINK"').replace("RED =", "PINK ="))
    with pytest.raises(ModelNotUsable, match="same classes"):
        run_inline(Train(recipe_path, disc_set, tmp_path / "third", workers=0, start=first.model))


def test_a_longer_training_learns_the_discs(recipe_path, disc_set, tmp_path):
    text = recipe_path.read_text().replace("epochs = 3", "epochs = 60").replace("val_every = 1", "val_every = 60")
    for option in ("blur", "noise", "cut_out", "mix_up", "cut_mix"):
        text = text.replace(f"{option} = 0.2", f"{option} = 0.0")
    recipe_path.write_text(text.replace("mosaic = 0.5", "mosaic = 0.0").replace("grey = 0.1", "grey = 0.0"))
    trained = run_inline(Train(recipe_path, disc_set, tmp_path / "run", workers=0, device="cpu"))
    assert trained.scores["map_50"] > 0.6


def test_a_loss_that_is_no_number_stops_with_a_sentence(recipe_path, disc_set, tmp_path):
    recipe_path.write_text(
        recipe_path.read_text().replace("2e-3", "1e30").replace("warmup_epochs = 0.5", "warmup_epochs = 0")
    )
    with pytest.raises(TrainingStopped, match="lower the learning rate"):
        run_inline(Train(recipe_path, disc_set, tmp_path / "run", workers=0, device="cpu"))


def test_a_run_folder_is_not_overwritten(recipe_path, disc_set, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "checkpoint.safetensors").write_bytes(b"precious")
    with pytest.raises(OutputExists, match="holds a training already"):
        run_inline(Train(recipe_path, disc_set, out, workers=0, device="cpu"))
    with pytest.raises(ModelNotUsable, match="cannot be continued"):
        run_inline(Train(recipe_path, disc_set, out, workers=0, device="cpu", resume=True))
    assert (out / "checkpoint.safetensors").read_bytes() == b"precious"


def test_another_recipe_cannot_go_on_from_a_checkpoint(recipe_path, disc_set, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_inline(Train(recipe_path, disc_set, tmp_path / "run", workers=0, device="cpu"), stop_after(4))
    recipe_path.write_text(recipe_path.read_text().replace("seed = 3", "seed = 4"))
    with pytest.raises(ModelNotUsable, match="another recipe"):
        run_inline(Train(recipe_path, disc_set, tmp_path / "run", workers=0, device="cpu", resume=True))


def test_a_split_without_pictures_is_named(recipe_path, disc_set, tmp_path):
    recipe_path.write_text(
        recipe_path.read_text().replace('classes = ["RED", "BLUE"]', 'classes = ["RED", "BLUE"]\nval_split = "dev"')
    )
    with pytest.raises(DatasetNotReadable, match="dev"):
        run_inline(Train(recipe_path, disc_set, tmp_path / "run", workers=0, device="cpu"))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("batch = 4", "batch = 0", "optimise.batch"),
        ("size_px = 96\nmosaic", "size_px = 97\nmosaic", "phases.0.size_px"),
        ("batch = 4", "bach = 4", "optimise.bach"),
        ('name = "discs"', 'name = "../evil"', "name"),
        ("seed = 3", "seed = [", "not TOML"),
        ("BLUE = {", "GREEN = {", "card.classes"),
    ],
)
def test_a_bad_recipe_is_refused_with_the_place(recipe_path, old, new, where):
    recipe_path.write_text(recipe_path.read_text().replace(old, new))
    with pytest.raises(BadParameter, match=where.replace(".", r"\.")):
        read_recipe(recipe_path)


def test_fewer_epochs_are_shared_among_the_phases_as_before(recipe_path):
    text = recipe_path.read_text()
    recipe_path.write_text(text + "\n[[phases]]\nepochs = 6\nsize_px = 128\nmosaic = 0.0\n")
    recipe = read_recipe(recipe_path)
    assert [phase.epochs for phase in recipe.with_epochs(90).phases] == [30, 60]
    assert [phase.size_px for phase in recipe.with_epochs(1).phases] == [128]
    with pytest.raises(BadParameter, match="at least 1"):
        recipe.with_epochs(0)


def test_samples_made_by_a_worker_are_those_made_here(recipe_path, disc_set):
    task = task_of(read_recipe(recipe_path))
    pictures = task.load(disc_set, "train")
    for here, there in zip(epoch_batches(task, pictures, 1), epoch_batches(task, pictures, 1, 1), strict=True):
        assert torch.equal(here.images, there.images)
        assert torch.equal(here.truth.boxes, there.truth.boxes)


def test_each_epoch_shows_each_picture_once_in_another_order(recipe_path):
    task = task_of(read_recipe(recipe_path))
    orders = [EpochSamples(task, [None] * 50, epoch).order.tolist() for epoch in range(2)]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(50))
    assert orders[0] != orders[1]


def test_the_learning_rate_rises_then_falls_to_its_last_fraction():
    optimise = Optimise(learning_rate=1.0, final_fraction=0.1, warmup_epochs=2)
    rates = [learning_rate(optimise, step, 10, 12) for step in range(121)]
    assert rates[0] == pytest.approx(0.05) and rates[19] == pytest.approx(1.0)
    assert (np.diff(rates[:20]) > 0).all()
    assert (np.diff(rates[20:120]) < 0).all()
    assert rates[70] == pytest.approx(0.55, abs=0.01) and rates[120] == pytest.approx(0.1)


def test_the_running_mean_of_steady_weights_is_those_weights():
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    mean = RunningMean(network, 0.9)
    with torch.no_grad():
        network[0].weight.fill_(5.0)
    for _ in range(200):
        mean.update(network)
    torch.testing.assert_close(mean.network[0].weight, network[0].weight, atol=1e-4, rtol=0)
    assert mean.network[0].weight.data_ptr() != network[0].weight.data_ptr()


def test_biases_and_norms_do_not_decay():
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.BatchNorm2d(4))
    decayed, free = make_optimizer(network, Optimise(weight_decay=0.1)).param_groups
    assert [p.ndim for p in decayed["params"]] == [4] and decayed["weight_decay"] == 0.1
    assert {p.ndim for p in free["params"]} == {1} and free["weight_decay"] == 0.0


def test_a_checkpoint_is_never_unpickled(tmp_path, capsys):
    path = tmp_path / "checkpoint.safetensors"
    # Protocol 0 for print("unpickled"): harmless, and seen if it ever ran.
    path.write_bytes(b"cbuiltins\nprint\n(S'unpickled'\ntR.")
    network = torch.nn.Linear(1, 1)
    with pytest.raises(ModelNotUsable):
        load_checkpoint(path, network, RunningMean(network, 0.9), make_optimizer(network, Optimise()))
    assert "unpickled" not in capsys.readouterr().out
