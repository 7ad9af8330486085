"""Tuned models on the shelf: found by name, put in use only where better, and taken back one by one."""

import shutil

import pytest

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.zoo import find_model, list_models, load_card, save_card, user_models_dir
from cellwright.zoo.lineage import (
    Lineage,
    family_of,
    free_name,
    in_use,
    keep_model,
    lineage_rows,
    promote,
    read_lineage,
    remember_replay,
    remembered_replay,
    rollback,
)
from tests.tiny_model import write_tiny_model


@pytest.fixture(autouse=True)
def own_shelf(tmp_path, monkeypatch):
    """A shelf that only the test can see, with one original."""
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *args, **kwargs: str(tmp_path / "user"))
    monkeypatch.setenv("CELLWRIGHT_MODELS", str(tmp_path / "models"))
    write_tiny_model(tmp_path / "models" / "tiny")


def tuned(tmp_path, name, parent="tiny", *, is_better=True):
    """Put a tuned model on the shelf."""
    made = tmp_path / "made" / name
    shutil.copytree(find_model(parent), made, dirs_exist_ok=True)
    (made / "lineage.json").unlink(missing_ok=True)
    save_card(made, load_card(made).changed(name=name))
    source = load_card(find_model(parent)).source.removeprefix("model:")
    verdict = {"sentence": "Not better: keep the old one.", "metric": ""}
    return keep_model(made, Lineage(parent=source, family=family_of(parent), is_better=is_better, verdict=verdict))


def test_a_tuned_model_is_found_by_name_and_knows_where_it_comes_from(tmp_path):
    folder = tuned(tmp_path, free_name("tiny"))
    assert folder.parent == user_models_dir() and find_model("tiny-t1") == folder
    assert "tiny-t1" in {model.name for model in list_models()}
    assert read_lineage(folder).parent.startswith("tiny@")
    second = tuned(tmp_path, free_name("tiny-t1"), "tiny-t1")
    assert second.name == "tiny-t2" and family_of("tiny-t2") == "tiny"
    assert [row["name"] for row in lineage_rows("tiny")] == ["tiny-t1", "tiny-t2"]
    with pytest.raises(BadParameter, match="already"):
        tuned(tmp_path, "tiny-t1")


def test_what_is_put_in_use_can_be_taken_back_step_by_step(tmp_path):
    tuned(tmp_path, "one")
    tuned(tmp_path, "two", "one")
    assert in_use("tiny") == "tiny"
    assert promote("one") == "tiny" and promote("two") == "one" and promote("two") == "two"
    assert in_use("tiny") == "two"
    assert rollback("tiny") == ("two", "one") and rollback("tiny") == ("one", "tiny")
    with pytest.raises(BadParameter, match="nothing to go back to"):
        rollback("tiny")


def test_what_is_not_better_is_put_in_use_only_when_somebody_insists(tmp_path):
    tuned(tmp_path, "worse", is_better=False)
    with pytest.raises(BadParameter, match="Not better: keep the old one"):
        promote("worse")
    assert promote("worse", anyway=True) == "tiny"
    with pytest.raises(BadParameter, match="not tuned here"):
        promote("tiny")


def test_original_data_is_remembered_while_it_is_there(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    remember_replay("tiny", data)
    assert remembered_replay("tiny") == data
    data.rmdir()
    assert remembered_replay("tiny") is None and remembered_replay("other") is None


def test_a_damaged_lineage_or_list_stops_nobody(tmp_path):
    folder = tuned(tmp_path, "one")
    (folder / "lineage.json").write_text("{")
    with pytest.raises(ModelNotUsable, match="can still be used"):
        read_lineage(folder)
    (user_models_dir() / "in-use.json").write_text("{")
    assert in_use("tiny") == "tiny"
