"""Settings survive a round trip, and no file keeps the program from starting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cellwright.settings import (
    FOLDER_VARIABLE,
    RECENT_FILES_KEPT,
    Settings,
    load_settings,
    save_settings,
    settings_path,
)


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    settings = Settings(theme="light", shortcuts={"view.fit": "Ctrl+0"}, overlay_opacity=0.5)
    settings.remember_file(tmp_path / "smear.png")
    assert save_settings(settings, tmp_path / "new" / "settings.json")
    assert load_settings(tmp_path / "new" / "settings.json") == settings


def test_a_bad_entry_costs_only_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"theme": "pink", "device": "cpu", "from_the_future": 1, "overlay_opacity": 7}))
    settings = load_settings(path)
    assert settings == Settings(device="cpu")
    for key in ("theme", "from_the_future", "overlay_opacity"):
        assert repr(key) in caplog.text


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(Settings.model_fields)) | st.text(max_size=4), _json, max_size=5))
def test_no_content_keeps_the_program_from_starting(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_text(json.dumps(content))
    assert isinstance(load_settings(path), Settings)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe\x00", b"null", b"[" * 100_000])
def test_a_damaged_file_gives_the_defaults(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    assert load_settings(path) == Settings()


def test_a_missing_file_and_a_folder_in_its_place_give_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == Settings()
    assert load_settings(tmp_path) == Settings()
    assert not save_settings(Settings(), tmp_path)


def test_a_test_run_never_touches_the_persons_own_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    assert settings_path() is None
    assert load_settings() == Settings() and not save_settings(Settings())
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert settings_path() == tmp_path / "settings.json"


def test_recent_files_are_newest_first_once_each_and_limited(tmp_path: Path) -> None:
    settings = Settings()
    for i in range(RECENT_FILES_KEPT + 3):
        settings.remember_file(tmp_path / f"{i}.png")
    settings.remember_file(tmp_path / "5.png")
    assert len(settings.recent_files) == RECENT_FILES_KEPT
    assert settings.recent_files[0] == str(tmp_path / "5.png")
    assert len(set(settings.recent_files)) == RECENT_FILES_KEPT


def test_assignment_is_checked() -> None:
    with pytest.raises(ValidationError):
        Settings().theme = "pink"  # type: ignore[assignment]
