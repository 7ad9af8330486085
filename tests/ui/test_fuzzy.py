from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cellwright.ui.actions.declared import ACTIONS
from cellwright.ui.actions.fuzzy import fuzzy_score, rank

NAMES = [info.plain_text for info in ACTIONS]


def test_letters_have_to_appear_in_order() -> None:
    assert fuzzy_score("zi", "Zoom in") is not None
    assert fuzzy_score("iz", "Zoom in") is None
    assert fuzzy_score("zzz", "Zoom in") is None


def test_a_few_letters_find_the_action_that_is_meant() -> None:
    assert rank("zoom in", NAMES, str)[0] == "Zoom in"
    assert rank("zi", NAMES, str)[0] == "Zoom in"
    assert rank("zoo", NAMES, str)[0] in ("Zoom in", "Zoom out")
    assert rank("pix", NAMES, str)[0] == "Set pixel size"
    assert rank("exp", NAMES, str)[0] == "Export"
    assert rank("analyze", NAMES, str)[0] == "Analyze"


def test_nothing_typed_keeps_every_action_in_its_order() -> None:
    assert rank("", NAMES, str) == NAMES


@given(st.text(max_size=8), st.lists(st.text(max_size=12), max_size=8))
def test_ranking_only_leaves_out(query: str, names: list[str]) -> None:
    ranked = rank(query, names, str)
    assert all(ranked.count(name) <= names.count(name) for name in ranked)


@given(st.text(alphabet="abc x", min_size=1, max_size=10), st.data())
def test_every_subsequence_is_found(name: str, data: st.DataObject) -> None:
    keep = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    query = "".join(letter for letter, kept in zip(name, keep, strict=True) if kept)
    assert fuzzy_score(query, name) is not None
