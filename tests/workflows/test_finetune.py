"""From a project's corrections to a model on the shelf, in this process, in one of its own, and by command."""

import json
import shutil
import time

import numpy as np
import pytest
import torch
from PIL import Image

from cellwright.cli import main
from cellwright.core import BadParameter, DatasetNotReadable
from cellwright.jobs import IsolatedRun, RunState, run_inline
from cellwright.project import Project
from cellwright.workflows.finetune import CASES, FineTune, lesson_of
from cellwright.workflows.teaching import PreviewSamples, SummarizeLesson
from cellwright.zoo import find_model, load_card, verify
from cellwright.zoo.lineage import read_lineage
from tests.training.lessons import disc_project, draw_discs
from tests.training.test_tune import write_beginner


@pytest.fixture(autouse=True)
def own_shelf(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *args, **kwargs: str(tmp_path / "user"))
    torch.set_num_threads(1)


@pytest.fixture
def project(tmp_path):
    return disc_project(tmp_path / "pictures", 5, "disc")


def finetune(project, model, out, **choices):
    defaults = {"steps": 40, "workers": 0, "device": "cpu", "minutes": 60.0, "held_out": 0.6}
    return FineTune(project, out, str(model), **(defaults | choices))


def test_discs_are_learned_judged_and_kept_with_their_lineage(project, tmp_path):
    model = write_beginner(tmp_path / "beginner", "stars")
    taught = run_inline(finetune(project, model, tmp_path / "run", takes_over=True))
    assert taught.folder == find_model("beginner-t1") and taught.name == "beginner-t1"
    card, lineage = load_card(taught.folder), read_lineage(taught.folder)
    assert lineage.parent == card.parent and lineage.family == "beginner"
    assert (lineage.pictures, lineage.objects, lineage.held_out) == (2, 18, 3)
    with Project(project, read_only=True) as opened:
        assert lineage.journal_entry == opened.journal(1)[-1].id
    assert verify(taught.folder) == ()
    verdict = taught.verdict
    assert verdict.pictures == 3 and card.metrics.pictures == 3
    assert card.metrics.scores == {"ap_50": round(verdict.gain.tuned, 4)}
    assert lineage.is_better == verdict.is_better == taught.is_in_use
    assert all((taught.run / CASES / case.crop).is_file() for case in verdict.worst) and taught.run == tmp_path / "run"
    assert json.loads(json.dumps(taught.to_dict()))["verdict"]["sentence"] == verdict.sentence


def test_a_run_in_its_own_process_stops_and_goes_on(project, tmp_path):
    model = write_beginner(tmp_path / "beginner", "stars")
    shelf = tmp_path / "shelf"
    for steps in (64, 512):  # one that ends before it can be stopped says nothing: a longer one is stopped
        folder = tmp_path / f"run-{steps}"
        operation = finetune(project, model, folder, steps=steps, name="taught", shelf=shelf, threads=1)
        run = IsolatedRun.start(operation, folder, threads=1)
        end = time.monotonic() + 300
        while not (folder / "checkpoint.safetensors").exists() and not run.report().state.is_end:
            assert time.monotonic() < end, run.report()
            time.sleep(0.02)
        if run.cancel().state is not RunState.DONE:
            break
        shutil.rmtree(shelf)
    assert run.report().state is RunState.CANCELLED, run.report()
    reached = run.report().progress.done
    assert 0 < reached < 1000
    while run.is_alive():  # one that had to be ended by force takes its time to go
        time.sleep(0.02)
    run.go_on(threads=1)
    report = run.wait(300)
    assert report.state is RunState.DONE, report.problem
    assert report.result["name"] == "taught" and (shelf / "taught" / "lineage.json").exists()


def test_choices_that_make_no_sense_are_refused_in_a_sentence(project, tmp_path):
    model = write_beginner(tmp_path / "beginner", "stars")
    for choices, said in (({"layers": "some"}, "full, frozen, head"), ({"minutes": 0.0}, "more than 0")):
        with pytest.raises(BadParameter, match=said):
            run_inline(finetune(project, model, tmp_path / "run", **choices))
    with Project.create(tmp_path / "empty"):
        pass
    with pytest.raises(DatasetNotReadable, match="correct some pictures first"):
        run_inline(finetune(tmp_path / "empty", model, tmp_path / "run"))


def test_what_would_be_learned_is_told_and_shown_before(project, tmp_path):
    for kind in ("boxes", "stars"):
        model = str(write_beginner(tmp_path / kind, kind))
        summary = run_inline(SummarizeLesson(project, model, 0.25))
        assert (summary.pictures, summary.objects, summary.held_out) == (4, 36, 1)
        assert summary.by_class == {"disc": 36} and summary.new_classes == ()
        samples = run_inline(PreviewSamples(project, model, 3))
        assert len(samples) == 3
        for sample in samples:
            assert sample.shape == (64, 64, 3)
            assert (sample == (255, 176, 0)).all(-1).any()  # what is taught is outlined


def test_held_out_pictures_may_lie_elsewhere_but_not_among_the_taught(project, tmp_path):
    card = load_card(write_beginner(tmp_path / "beginner", "stars"))
    other = tmp_path / "other"
    for name in ("images", "labels"):
        (other / name).mkdir(parents=True)
    masks = draw_discs(other / "images" / "a.png", 99)
    labels = np.zeros((128, 128), np.uint8)
    for number in range(len(masks)):
        for y, x0, x1 in masks.take(np.array([number])).spans:
            labels[y, x0:x1] = number + 1
    Image.fromarray(labels).save(other / "labels" / "a.png")
    lesson = lesson_of(project, card, other)
    assert len(lesson.taught) == 5 and [len(picture) for picture in lesson.held_out] == [9]
    draw_discs(other / "images" / "a.png", 0)
    with pytest.raises(BadParameter, match="learned from and judged on"):
        lesson_of(project, card, other)


def test_the_command_teaches_and_tells_the_verdict(project, tmp_path, capsys):
    model = write_beginner(tmp_path / "beginner", "stars")
    words = ["finetune", str(project), "--model", str(model), "--minutes", "0.1", "--layers", "head", "--device", "cpu"]
    code = main([*words, "--held-out", "0.6", "--out", "mine", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == (0 if said["verdict"]["is_better"] else 1)
    assert main(["models", "lineage", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["name"] == "mine" and row["objects"] == 18
    assert main(["models", "lineage"]) == 0 and "mine" in capsys.readouterr().out
    assert main(["models", "promote", "mine", "--anyway"]) == 0
    assert main(["models", "rollback", "mine"]) == 0
    assert "beginner is in use again" in capsys.readouterr().err
    assert main(["finetune", str(project), "--model", str(model), "--held-out", "nowhere"]) == 2
    assert "neither a share" in capsys.readouterr().err


def test_what_is_new_to_the_model_is_said_with_the_name_that_may_be_meant(tmp_path, capsys):
    model = write_beginner(tmp_path / "beginner", "stars")
    project = disc_project(tmp_path / "pictures", 5, "object")
    found = run_inline(SummarizeLesson(project, str(model)))
    assert (found.new_classes, found.untaught) == (("object",), ("disc",))
    choices = ["--steps", "2", "--workers", "0", "--device", "cpu", "--held-out", "0.6", "--run", str(tmp_path / "run")]
    main(["finetune", str(project), "--model", str(model), *choices])
    printed = capsys.readouterr().err
    assert "New to the model: object. It knows disc, and nothing teaches it that" in printed
    same = run_inline(SummarizeLesson(disc_project(tmp_path / "same", 5, "disc"), str(model)))
    assert same.new_words == "" and same.untaught == ()
