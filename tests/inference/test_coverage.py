"""Every tile is accounted for, and the account says so in words."""

from __future__ import annotations

import pytest

from cellwright.core import BadParameter, Box
from cellwright.inference import Coverage, CoverageLedger, TileRecord, TileState, plan_tiles

GONE = "of the area is missing from every number."


def coverage(**counts: int) -> Coverage:
    states = [TileState(name) for name, count in counts.items() for _ in range(count)]
    reason = {TileState.FAILED: "the file ends early."}
    return Coverage(
        tuple(
            TileRecord(Box(0, 10 * i, 10, 10 * i + 10), state, reason.get(state, "")) for i, state in enumerate(states)
        )
    )


def test_a_new_ledger_has_reached_nothing() -> None:
    tiles = plan_tiles(Box(0, 0, 100, 100), 60, 10)
    account = CoverageLedger(tiles).coverage()
    assert account.count(TileState.PENDING) == len(tiles)
    assert account.fraction == 0.0
    assert not account.is_complete
    assert account.asked_px == 100 * 100


def test_a_tile_is_recorded_once() -> None:
    tiles = plan_tiles(Box(0, 0, 100, 100), 60, 10)
    ledger = CoverageLedger(tiles)
    ledger.record(tiles[0], TileState.ANALYSED)
    with pytest.raises(BadParameter):
        ledger.record(tiles[0], TileState.FAILED, "again")


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        (coverage(analysed=1), "The whole picture was analysed."),
        (coverage(analysed=812), "All 812 tiles were analysed."),
        (coverage(analysed=9, skipped=2, excluded=1), "All 11 tiles were analysed (2 empty, 1 excluded)."),
        (
            coverage(analysed=3, failed=1),
            f"1 of 4 tiles could not be analysed (first: the file ends early): 25 % {GONE}",
        ),
        (
            coverage(analysed=1999, failed=1),
            f"1 of 2,000 tiles could not be analysed (first: the file ends early): 0.1 % {GONE}",
        ),
        (
            coverage(analysed=1, pending=3),
            "3 of 4 tiles were not reached: 75 % of the area is missing from every number.",
        ),
        (
            coverage(failed=1),
            f"1 of 1 tile could not be analysed (first: the file ends early): 100 % {GONE}",
        ),
    ],
)
def test_the_account_reads_as_a_sentence(account: Coverage, sentence: str) -> None:
    assert account.sentence() == sentence
    assert account.is_complete == ("missing" not in sentence)


def test_excluded_tiles_are_no_part_of_the_whole() -> None:
    account = coverage(analysed=3, excluded=5, failed=1)
    assert account.fraction == 0.75
    assert account.covered_px == 300
    assert [record.state for record in account.missing] == [TileState.FAILED]


def test_the_headline_says_how_much_and_what_to_do() -> None:
    def account(*states: TileState, whole: str = "tissue") -> Coverage:
        boxes = (Box(0, x, 10, x + 10) for x in range(0, 10 * len(states), 10))
        return Coverage(tuple(TileRecord(box, state) for box, state in zip(boxes, states, strict=True)), whole)

    done, failed, empty = TileState.ANALYSED, TileState.FAILED, TileState.SKIPPED
    assert account(*[done] * 229, *[failed] * 3).headline() == "98.7 % of the tissue, 3 tiles failed: retry"
    assert account(done, empty, empty, failed).headline() == "50.0 % of the tissue, 1 tile failed: retry"
    assert account(*[done] * 100_000, failed).headline() == "99.9 % of the tissue, 1 tile failed: retry"
    assert account(done, TileState.PENDING, whole="region").headline() == "50.0 % of the region, 1 tile to go: resume"
    assert account(done, empty).headline() == "all of the tissue"
    assert account(failed, failed).headline() == "0.0 % of the tissue, 2 tiles failed: retry"


def test_headline_sentence_and_number_tell_the_same_share_of_the_tissue() -> None:
    states = [TileState.ANALYSED, *[TileState.SKIPPED] * 7, TileState.FAILED, TileState.ANALYSED]
    boxes = (Box(0, x, 10, x + 10) for x in range(0, 100, 10))
    account = Coverage(
        tuple(TileRecord(box, state, "torn") for box, state in zip(boxes, states, strict=True)), "tissue"
    )
    assert account.headline().startswith("66.7 % of the tissue")
    assert account.sentence().endswith("33 % of the tissue is missing from every number.")
    assert (account.seen_percent(1), account.seen_percent(2)) == (66.7, 66.67)
    one = TileRecord(Box(0, 0, 1, 1), TileState.FAILED, "torn")
    most = Coverage((TileRecord(Box(0, 1, 1000, 1001), TileState.ANALYSED), one))
    assert most.seen_percent(2) == 99.99, "what is missing never rounds away"
    assert Coverage((one,)).seen == 0.0
    assert Coverage(()).seen_percent(1) == 100.0


def test_of_a_tile_that_a_region_cuts_only_its_part_counts() -> None:
    cut = TileRecord(Box(0, 0, 10, 10), TileState.ANALYSED, "", 25.0)
    lost = TileRecord(Box(0, 10, 10, 20), TileState.FAILED, "x", 75.0)
    coverage = Coverage((cut, lost, TileRecord(Box(0, 20, 10, 30), TileState.EXCLUDED)), "region")
    assert (coverage.asked_px, coverage.covered_px, coverage.fraction) == (100.0, 25.0, 0.25)
