"""`judge`: is a tuned model better than the one it came from, on pictures that neither has learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.workflows.case_crops import draw_cases
from cellwright.workflows.held_out import Showing, shown_on
from cellwright.workflows.worst_cases import Case, mean_score, worst_cases
from cellwright.zoo import load_card, score_title

if TYPE_CHECKING:
    from cellwright.training.lesson import LessonPicture

_DRAWS = 4000
_FEW = 5


@dataclass(frozen=True, slots=True)
class GateRules:
    """What a tuned model must show; bounds are those of a paired bootstrap over the held-out pictures.

    Parameters
    ----------
    level : float
        How sure each bound is: the lower bound of the gain is its 1 - `level` quantile.
    margin : float
        What the lower bound of the gain must exceed. At 0 a model that is merely as good is not taken: a change of
        models costs a person something, and a training that taught nothing wins half of all draws by chance.
    loss : float
        By how much, at that bound, the score of the classes that the old model knows may fall where new ones came.
    count_loss : float
        By how much, at that bound, the count may be further off, as a share of the objects that are there.
    fewest : int
        Pictures below which nothing can be said. Up to five, every one of them must moreover be better.
    """

    level: float = 0.975
    margin: float = 0.0
    loss: float = 0.02
    count_loss: float = 0.05
    fewest: int = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """A number of the old and of the tuned model, and bounds of what lies between."""

    old: float
    tuned: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it.

    Parameters
    ----------
    is_better : bool
        Whether the tuned model may take the old one's place.
    sentence : str
        For a person.
    metric : str
        Name of the score.
    pictures : int
        Held-out pictures.
    gain : Difference
        Of the score, mean over all classes.
    known : Difference or None
        The same over the classes that the old model knows; None where there are no others.
    count : Difference
        Of how far counts are off, as a share; lower is better.
    per_class : dict
        Class → score of the old and the tuned model; None where it does not occur.
    worst : tuple of Case
        At most twenty, what the old model had right first.
    """

    is_better: bool
    sentence: str
    metric: str
    pictures: int
    gain: Difference
    known: Difference | None
    count: Difference
    per_class: dict[str, tuple[float | None, float | None]]
    worst: tuple[Case, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON knows."""
        words = asdict(self)
        words["per_class"] = {name: list(scores) for name, scores in self.per_class.items()}
        words["worst"] = [{**asdict(case), "picture": str(case.picture), "box": list(case.box)} for case in self.worst]
        return words


def judge(
    old: Path,
    tuned: Path,
    pictures: Sequence[LessonPicture],
    classes: tuple[str, ...],
    rules: GateRules | None = None,
    device: str = "auto",
    seed: int = 0,
    crops: Path | None = None,
) -> Verdict:
    """Compare two models on held-out pictures.

    Parameters
    ----------
    old, tuned : Path
        Model folders.
    pictures : sequence of LessonPicture
        Not learned from, and nothing was chosen by them.
    classes : tuple of str
        All that the tuned model knows; those of the old one come first.
    rules : GateRules, optional
        What is asked.
    device : str
        See `AnalyzePicture`.
    seed : int
        Of the draws.
    crops : Path, optional
        New folder for pictures of the worst cases, with what either model found there.

    Raises
    ------
    SlideNotReadable, ModelNotUsable
        If a picture or a model cannot be used.
    OutputNotWritable
        If the crops cannot be written.
    """
    rules = rules or GateRules()
    cards = load_card(old), load_card(tuned)
    if len(pictures) < rules.fewest:
        return _unjudged(len(pictures), rules)
    before, after = (
        shown_on(folder, card, pictures, classes, device) for folder, card in zip((old, tuned), cards, strict=True)
    )
    older = len(cards[0].classes)
    verdict = compared(before, after, pictures, classes, older, rules, seed)
    if crops is None:
        return verdict
    return replace(verdict, worst=draw_cases(crops, verdict.worst, before, after, pictures, cards[1]))


def compared(
    before: Showing,
    after: Showing,
    pictures: Sequence[LessonPicture],
    classes: tuple[str, ...],
    older: int,
    rules: GateRules,
    seed: int = 0,
) -> Verdict:
    """Judge what two models showed on the same pictures; the first `older` classes are those that both know.

    A paired bootstrap (Efron & Tibshirani 1993, chapter 16): pictures are drawn with replacement, the same for both
    models, and the score is taken anew over all that was drawn, since average precision is no mean over pictures.
    """
    n = len(pictures)
    level = _expanded(rules.level, n)
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), _DRAWS)
    ones = np.ones(n, np.int64)
    tables = [np.array([showing.scores(drawn) for drawn in (ones, *draws)]) for showing in (before, after)]
    known = _difference(mean_score(tables[0][:, :older]), mean_score(tables[1][:, :older]), level)
    # What the old model cannot say counts as nothing found.
    gain = _difference(mean_score(np.nan_to_num(tables[0]), tables[1]), mean_score(tables[1]), level)
    biases = [np.array([np.abs(showing.count_bias(drawn)) for drawn in (ones, *draws)]) for showing in (before, after)]
    count = _difference(mean_score(biases[0]), mean_score(biases[1]), level)
    each = [showing.scores(row) for row in np.eye(n, dtype=np.int64) for showing in (after, before)]
    better = [float(np.nanmean(a) if (~np.isnan(a)).any() else 0) for a in each]
    all_better = all(now > then for now, then in zip(better[::2], better[1::2], strict=True))
    reasons = _reasons(gain, known if older < len(classes) else None, count, rules, n, all_better=all_better)
    per_class = {name: (_plain(tables[0][0, c]), _plain(tables[1][0, c])) for c, name in enumerate(classes)}
    return Verdict(
        not reasons,
        _sentence(after.metric, gain, reasons, n),
        after.metric,
        n,
        gain,
        known if older < len(classes) else None,
        count,
        per_class,
        worst_cases(before, after, pictures, classes),
    )


def _expanded(level: float, pictures: int) -> float:
    """Return the level whose plain quantile holds `level` for so few pictures.

    A bootstrap of few is too narrow; the expanded percentile interval takes the quantile that Student's t would
    (Hesterberg, The American Statistician 69:371, 2015, section 5.3).
    """
    from scipy.special import ndtr, stdtrit

    if pictures < 2:
        return 1.0
    return float(ndtr(np.sqrt(pictures / (pictures - 1)) * stdtrit(pictures - 1, level)))


def _difference(old: NDArray[np.float64], tuned: NDArray[np.float64], level: float) -> Difference:
    low, high = np.quantile((tuned - old)[1:], [1 - level, level])
    return Difference(float(old[0]), float(tuned[0]), float(low), float(high))


def _reasons(
    gain: Difference, known: Difference | None, count: Difference, rules: GateRules, pictures: int, *, all_better: bool
) -> list[str]:
    """Return why the tuned model is not taken; nothing where it is."""
    reasons = []
    if not gain.low > rules.margin:
        reasons.append("the gain may be chance" if gain.tuned > gain.old else "the score did not rise")
    elif pictures <= _FEW and not all_better:
        reasons.append(f"with {pictures} pictures each must be better, and one is not")
    if known is not None and known.low < -rules.loss:
        reasons.append(f"what it knew before may have fallen by up to {-known.low:.3f}")
    if count.high > rules.count_loss:
        reasons.append(f"counts may be off by {count.high:.0%} more than before")
    return reasons


def _sentence(metric: str, gain: Difference, reasons: Sequence[str], pictures: int) -> str:
    moved = (
        f"{score_title(metric)} {gain.old:.3f} → {gain.tuned:.3f} on {pictures} held-out pictures "
        f"(difference {gain.low:+.3f} to {gain.high:+.3f})"
    )
    if not reasons:
        return f"Better: {moved}."
    return f"Not better: keep the old one. {moved}; {' and '.join(reasons)}."


def _unjudged(pictures: int, rules: GateRules) -> Verdict:
    nothing = Difference(0.0, 0.0, 0.0, 0.0)
    there = "no picture was" if not pictures else f"only {pictures} picture{'s were' if pictures > 1 else ' was'}"
    sentence = (
        f"Not judged: keep the old one. To tell whether it is better, {there} held out; "
        f"correct at least {rules.fewest} that are not learned from."
    )
    return Verdict(False, sentence, "", pictures, nothing, None, nothing, {}, ())


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
