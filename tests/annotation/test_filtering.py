"""What a person writes is what is chosen; what cannot be understood says where and why."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.annotation import (
    Columns,
    Filter,
    FilterMistake,
    columns_of_objects,
)
from cellwright.annotation.filter_terms import (
    All,
    Amount,
    Any,
    Column,
    Compare,
    Contains,
    Not,
    OneOf,
    Quantity,
    Term,
    Words,
)
from cellwright.annotation.filtering import NAMES, Kind, Unmeasured
from cellwright.core import BadParameter, Objects, PixelSize, PixelSizeSource
from cellwright.shapes import stroke

HALF_UM = PixelSize(0.5, 0.5, PixelSizeSource.USER)
CELLS = Columns(
    {
        "area": np.array([40, 79, 81, 200, np.nan]),
        "width": np.array([6.0, 9, 10, 20, 1]),
        "height": np.array([8.0, 9, 9, 10, 1]),
        "score": np.array([0.9, 0.3, 0.39, 0.95, np.nan]),
    },
    {
        "class": Words.of(["RBC", "RBC", "WBC", "Platelet", "WBC"]),
        "status": Words.of(["unreviewed", "accepted", "unreviewed", "rejected", "corrected"]),
        "source": Words.of(["model:stardist@1", "model:stardist@1", "model:yolo@2", "person:Ann", "person:Ann"]),
    },
    5,
    HALF_UM,
)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("area < 20 µm² and score < 0.4", [1]),
        ("area < 80", [0, 1]),
        ("area < 80 px2", [0, 1]),
        ("area<=20.25um^2", [0, 1, 2]),
        ("AREA > 0.00002 mm2", [2, 3]),
        ("score >= 90 %", [0, 3]),
        ("score > 39%", [0, 3]),
        ("0.3 < score ≤ 0.9", [0, 2]),
        ("4.5 µm > width", [0, 4]),
        ("width == 4500 nm", [1]),
        ("width > height", [2, 3]),
        ("score != 0.3", [0, 2, 3]),
        ("not score >= 0.4", [1, 2, 4]),
        ("class == 'WBC'", [2, 4]),
        ("class = wbc", [2, 4]),
        ('class in ("WBC", Platelet)', [2, 3, 4]),
        ("class not in (WBC, Platelet)", [0, 1]),
        ("class != RBC and status = unreviewed", [2]),
        ("source contains stardist or source contains 'PERSON:'", [0, 1, 3, 4]),
        ("source not contains 'model'", [3, 4]),
        ("class = RBC or class = WBC and score < 0.4", [0, 1, 2]),
        ("(class = RBC or class = WBC) and score < 0.4", [1, 2]),
        ("not (not (area > 1e2))", [3]),
        ("area > -3", [0, 1, 2, 3]),
    ],
)
def test_a_filter_chooses_what_it_says(text: str, chosen: list[int]) -> None:
    understood = Filter.parse(text, classes=("RBC", "WBC", "Platelet"))
    assert np.flatnonzero(understood.rows(CELLS)).tolist() == chosen
    assert np.flatnonzero(Filter.parse(str(understood)).rows(CELLS)).tolist() == chosen


@pytest.mark.parametrize(
    ("text", "says", "start"),
    [
        ("", "Write what you look for", 0),
        ("  ", "Write what you look for", 2),
        ("arae < 20", "Did you mean 'area'?", 0),
        ("area < 20 and scroe > 1", "Did you mean 'score'?", 14),
        ("area", "comes a comparison such as < or >=, not the end", 4),
        ("area 20", "not '20'", 5),
        ("area <", "something to compare, such as area or score, not the end", 6),
        ("area < and", "not 'and'", 7),
        ("area < 20 score > 1", "There is no unit 'score'", 10),
        ("area < 20 px² score > 1", "need 'and' or 'or' between them, not 'score'", 14),
        ("area < 20 µm", "area is measured in px², nm², µm² or mm², not in µm", 7),
        ("20 µm > area", "area is measured in", 0),
        ("score < 3 px", "score is measured in %", 8),
        ("area < 20 furlongs", "There is no unit 'furlongs'", 10),
        ("1 < 2", "not two numbers", 0),
        ("area < score", "area and score cannot be compared", 7),
        ("area < class", "area and class cannot be compared", 7),
        ("area < -x", "After '-' comes a number", 8),
        ("(area < 20", "bracket at character 1 is not closed before the end", 10),
        ("area < 20)", "between them, not ')'", 9),
        ("class in WBC", "After 'in' comes a list in brackets", 9),
        ("class in (WBC; RBC)", "';' has no meaning here", 13),
        ("class in (WBC RBC)", "is not closed before 'RBC'", 14),
        ("class in ()", "a word such as 'WBC', not ')'", 10),
        ("class < WBC", "compared by ==, !=, in or contains, not by '<'", 6),
        ("class not == WBC", "not by '=='", 10),
        ("class == WCB", "Did you mean 'WBC'?", 9),
        ("status = seen", "There is: accepted, corrected, rejected, unreviewed.", 9),
        ("class == 'WBC", "This quote is not closed", 9),
        ("area < 20 and __import__('os')", "Nothing is called '__import__'", 14),
        ("area ; 20", "';' has no meaning here", 5),
        ("(" * 200 + "area < 1" + ")" * 200, "More than 50 brackets", 50),
        ("not " * 200 + "area < 1", "More than 50 brackets", 200),
    ],
)
def test_every_mistake_is_told_with_its_place(text: str, says: str, start: int) -> None:
    with pytest.raises(FilterMistake) as told:
        Filter.parse(text, classes=("RBC", "WBC"))
    assert says in str(told.value)
    assert told.value.start == start
    assert f"(character {start + 1})" in str(told.value)


def test_micrometres_need_a_pixel_size() -> None:
    unknown = Columns(CELLS.numbers, CELLS.words, 5)
    assert Filter.parse("area < 80 px²").rows(unknown).sum() == 2
    with pytest.raises(FilterMistake, match="give area in px², or set the pixel size") as told:
        Filter.parse("area < 20 µm²").rows(unknown)
    assert (told.value.start, told.value.end) == (7, 13)


def test_what_nobody_measured_is_told() -> None:
    bare = Columns({}, {}, 5)
    for text in ("area < 1", "class = a"):
        with pytest.raises(FilterMistake, match="Nothing is known"):
            Filter.parse(text).rows(bare)


def test_measured_columns_can_be_named_too() -> None:
    understood = Filter.parse("roundness < 0.8", names={**NAMES, "roundness": Quantity.NUMBER})
    assert understood.rows(Columns({"roundness": np.array([0.7, 0.9])}, {}, 2)).tolist() == [True, False]


def test_pixels_that_are_not_square_are_measured_as_they_are() -> None:
    flat = PixelSize(2.0, 0.5, PixelSizeSource.TAG)
    columns = Columns({"width": np.array([10.0]), "height": np.array([10.0]), "area": np.array([100.0])}, {}, 1, flat)
    assert Filter.parse("width == 5 µm and height == 20 µm and area == 100 µm²").rows(columns).all()


def test_objects_of_a_model_have_every_column() -> None:
    disc = stroke([[10, 10]], 4)
    found = Objects(
        np.zeros(1, "V16"), disc.boxes(), np.zeros(1, np.int16), np.ones(1, np.float32), ("RBC",), "model:a@1", disc
    )
    text = f"area == {disc.areas()[0]} and width = 8 and class = RBC and status = unreviewed and source contains 'a@'"
    assert Filter.parse(text).rows(columns_of_objects(found)).all()
    assert not Filter.parse("area > 3 or class = a").rows(columns_of_objects(Objects.empty(("RBC",)))).any()


NUMBERS = [name for name, quantity in NAMES.items() if quantity is not Quantity.WORDS]
amounts = st.floats(0, 1e6, allow_nan=False) | st.integers(-50, 50).map(float)
plain_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8)
conditions: st.SearchStrategy[Term] = (
    st.builds(
        lambda name, sign, value: Compare(Column(name, NAMES[name]), sign, Amount(value)),
        st.sampled_from(NUMBERS),
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        amounts,
    )
    | st.builds(
        lambda words: OneOf(Column("class", Quantity.WORDS), tuple(words)),
        st.lists(plain_words, min_size=1, max_size=3),
    )
    | st.builds(lambda piece: Contains(Column("source", Quantity.WORDS), piece), plain_words)
)
terms: st.SearchStrategy[Term] = st.recursive(
    conditions,
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(lambda each: All(tuple(each)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda each: Any(tuple(each)))
    ),
    max_leaves=8,
)


@given(terms)
def test_a_filter_reads_what_it_writes(term: Term) -> None:
    assert Filter.parse(str(Filter(term))) == Filter(term)


@given(
    st.text(max_size=40)
    | st.lists(
        st.sampled_from(
            [
                "area",
                "score",
                "class",
                "in",
                "not",
                "and",
                "or",
                "(",
                ")",
                "<",
                ">",
                "==",
                "3",
                "µm²",
                "'a'",
                ",",
                "contains",
                "-",
                "%",
            ]
        ),
        max_size=12,
    ).map(" ".join)
)
def test_any_text_is_understood_or_told_why_not(text: str) -> None:
    try:
        chosen = Filter.parse(text).rows(CELLS)
    except FilterMistake as problem:
        assert 0 <= problem.start <= problem.end <= len(text)  # noqa: PT017 - either outcome is right
        assert isinstance(problem, BadParameter)  # noqa: PT017
    else:
        assert chosen.shape == (5,)
        assert chosen.dtype == np.bool_


@given(terms, st.sampled_from(["area > 80", "class = RBC", "score < 0.5"]))
def test_what_is_meant_and_what_is_not_meant_is_everything(term: Term, more: str) -> None:
    columns = Columns({**CELLS.numbers, "x": CELLS.numbers["width"], "y": CELLS.numbers["height"]}, CELLS.words, 5)
    other = Filter.parse(more).term
    assert np.array_equal(Not(term).rows(columns), ~term.rows(columns))
    neither = Not(Any((term, other))).rows(columns)
    assert np.array_equal(neither, All((Not(term), Not(other))).rows(columns))


MEASURED: dict[str, Quantity | Kind] = {
    **NAMES,
    "area_um2": Kind(Quantity.AREA, "µm²"),
    "feret_diameter_max_um": Kind(Quantity.LENGTH, "µm"),
    "area_convex": Kind(Quantity.AREA),
    "centroid-0": Kind(Quantity.LENGTH),
    "intensity_mean-red": Kind(Quantity.NUMBER),
    "intensity_mean-dapi (405)": Kind(Quantity.NUMBER),
}
MEASURED_CELLS = Columns(
    {
        **CELLS.numbers,
        "area_um2": np.array([10.0, 19.75, 20.25, 50, np.nan]),
        "feret_diameter_max_um": np.array([4.0, 5, 6, 7, 8]),
        "area_convex": np.array([41.0, 80, 82, 201, np.nan]),
        "centroid-0": np.array([1.0, 2, 3, 4, 5]),
        "intensity_mean-red": np.array([100.0, 120, 140, 160, 180]),
        "intensity_mean-dapi (405)": np.array([1.0, 2, 3, 4, 5]),
    },
    CELLS.words,
    5,
    HALF_UM,
)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("area_um2 > 15 and class == 'WBC'", [2]),
        ("area_um2 > 20 µm²", [2, 3]),
        ("area_um2 > 80 px2", [2, 3]),
        ("area_um2 > 0.00002 mm²", [2, 3]),
        ("feret_diameter_max_um < 12 px", [0, 1]),
        ("feret_diameter_max_um < 0.0065 mm", [0, 1, 2]),
        ("area_convex > area", [0, 1, 2, 3]),
        ("area_convex < 20.25 µm²", [0, 1]),
        ("centroid-0>3", [3, 4]),
        ("centroid-0 > 1 µm", [2, 3, 4]),
        ("intensity_mean-red >= 140 and Area_um2 < 100", [2, 3]),
        ("`intensity_mean-dapi (405)` < 3", [0, 1]),
    ],
)
def test_measured_columns_are_asked_in_their_own_unit(text: str, chosen: list[int]) -> None:
    understood = Filter.parse(text, names=MEASURED)
    assert np.flatnonzero(understood.rows(MEASURED_CELLS)).tolist() == chosen
    assert Filter.parse(str(understood), names=MEASURED) == understood


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("area_um2 > area", "area_um2 and area cannot be compared: µm² and px²"),
        ("area_um > 3", "Did you mean 'area_um2'?"),
        ("solidity > 0.9", "solidity has not been measured here yet: measure it first"),
        ("zzz > 3", "There is, for example: area, area_um2, width"),
        ("area_um2 > 3 µm", "area_um2 is measured in px², nm², µm² or mm², not in µm"),
    ],
)
def test_mistakes_about_measured_columns_are_told_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(FilterMistake) as told:
        Filter.parse(text, names=MEASURED, unmeasured=("solidity",))
    assert says in str(told.value)
    assert isinstance(told.value, Unmeasured) == ("not been measured" in says)


def test_pixels_of_a_measured_column_need_a_pixel_size_too() -> None:
    unknown = Columns(MEASURED_CELLS.numbers, MEASURED_CELLS.words, 5)
    assert Filter.parse("area_um2 > 20 µm²", names=MEASURED).rows(unknown).sum() == 2
    with pytest.raises(FilterMistake, match="Nobody said how large a pixel"):
        Filter.parse("area_um2 > 20 px²", names=MEASURED).rows(unknown)


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=30),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.floats(-1e6, 1e6),
    st.data(),
)
def test_a_filter_is_the_mask_that_numpy_makes(
    values: list[float], sign: str, limit: float, data: st.DataObject
) -> None:
    kinds = data.draw(st.lists(st.sampled_from([0, 1]), min_size=len(values), max_size=len(values)))
    column, codes = np.array(values), np.array(kinds)
    columns = Columns({"solidity": column}, {"class": Words(codes, ("RBC", "WBC"))}, len(values))
    names: dict[str, Quantity | Kind] = {"solidity": Kind(Quantity.NUMBER), "class": Quantity.WORDS}
    compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal}
    expected = compare[sign](column, limit) if sign in compare else (column != limit) & ~np.isnan(column)
    found = Filter.parse(f"solidity {sign} {limit!r} and class == 'WBC'", names=names).rows(columns)
    assert np.array_equal(found, expected & (codes == 1))
    either = Filter.parse(f"solidity {sign} {limit!r} or not class == WBC", names=names).rows(columns)
    assert np.array_equal(either, expected | (codes == 0))
