"""The methods paragraph of a report: how the numbers came about, in the sentences that a paper needs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import cellwright
from cellwright.core import PixelSizeSource
from cellwright.workflows.analysis import Analysis
from cellwright.workflows.manifest_making import versions
from cellwright.workflows.report_source import ReportSource
from cellwright.workflows.sure_counts import SureCounts
from cellwright.workflows.tables import threshold_of
from cellwright.zoo import ModelCard

_SMALL_P = 0.001

_SOURCES = {
    PixelSizeSource.TAG: "as the file says",
    PixelSizeSource.USER: "as a person entered",
}


def methods_paragraph(source: ReportSource, counts: SureCounts | None) -> str:
    """Return one paragraph; `counts` are those whose intervals stand in the report."""
    sentences = [
        *_found(source),
        *_counted_from(source),
        *_pixel_sizes(source.analyses),
        *_looked_at(source),
        *_reviewed(source),
        *_measured(source),
        *_intervals(source, counts),
        *_where_run(source.analyses),
    ]
    return " ".join(sentences)


def _found(source: ReportSource) -> Iterable[str]:
    many = len(source.analyses)
    on = "one picture" if many == 1 else f"{many:,} pictures"
    by_hand = sum(analysis.is_by_hand for analysis in source.analyses)
    by_model = [analysis for analysis in source.analyses if not analysis.is_by_hand]
    finders = {card.model_hash: card for analysis in by_model for card in (analysis.parts or (analysis.card,))[:1]}
    tellers = {card.model_hash: card for analysis in by_model for card in analysis.parts[1:]}
    if finders:
        yield f"Objects on {on} were found with Cellwright {cellwright.__version__} by the model {_named(finders)}."
    if tellers:
        yield f"Their kinds were told apart by the classifier {_named(tellers)}."
    if by_hand:
        every = "All objects" if by_hand == many else f"On {by_hand:,} of them objects"
        yield f"{every} were drawn by people; no model looked at these pictures."
    yield from dict.fromkeys(words for analysis in by_model if (words := _asked(analysis)))


def _named(cards: Mapping[str, ModelCard]) -> str:
    return " and ".join(f"{card.name} ({card.title}; weights SHA-256 {sha})" for sha, card in cards.items())


def _asked(analysis: Analysis) -> str:
    asked = analysis.asked
    if asked is None:
        return ""
    ways = []
    if asked.augment:
        ways.append("turned and mirrored copies were looked at too")
    if asked.scales != (1.0,):
        ways.append(f"at the scales {', '.join(f'{scale:g}' for scale in asked.scales)}")
    if asked.object_px is not None:
        ways.append(f"scaled for objects of {asked.object_px:.4g} px")
    if asked.nms_iou is not None:
        ways.append(f"boxes overlapping by more than {asked.nms_iou:g} were one object")
    return f"The pictures were looked at in this way: {'; '.join(ways)}." if ways else ""


def _counted_from(source: ReportSource) -> Iterable[str]:
    known: dict[str, list[str]] = {}
    for analysis in source.analyses:
        if not analysis.is_by_hand:
            kinds = analysis.card.classes
            limits = (f"{each.title} {threshold_of(analysis, source.thresholds, each.name):.3g}" for each in kinds)
            known.setdefault(", ".join(limits), []).append(analysis.card.name)
    for words, models in known.items():
        found_by = f" by {' and '.join(dict.fromkeys(models))}" if len(known) > 1 else ""
        said = f"counted from a calibrated score of {words}; whatever its score if a person confirmed it."
        yield f"An object found{found_by} was {said}" if found_by else f"An object was {said}"
    if source.keep:
        yield f"Of these, objects were kept for which: {source.keep}."


def _pixel_sizes(analyses: Sequence[Analysis]) -> Iterable[str]:
    known: dict[str, int] = {}
    for analysis in analyses:
        size, note = analysis.picture.pixel_size, analysis.picture.pixel_size_note
        if size is None:
            words = "is unknown, so that nothing is given in µm"
        else:
            um = f"{size.x_um:.4g} µm" if abs(size.y_um - size.x_um) < 1e-9 else f"{size.y_um:.4g} × {size.x_um:.4g} µm"
            words = f"was {um}, {_SOURCES.get(size.source, size.source.value)}"
            words += f" ({note})" if note and size.source is PixelSizeSource.TAG else ""
        known[words] = known.get(words, 0) + 1
    if len(known) == 1:
        yield f"The side of a pixel {next(iter(known))}."
    else:
        yield from (
            f"The side of a pixel {words}: {count:,} of {len(analyses):,} pictures." for words, count in known.items()
        )


def _looked_at(source: ReportSource) -> Iterable[str]:
    partial = [
        f"{analysis.picture.name}: {said}"
        for analysis, said in zip(source.analyses, source.coverage_said, strict=True)
        if not analysis.is_complete
    ]
    if partial:
        yield f"Not everything was analysed: {' '.join(partial)}"
    elif len(source.analyses) == 1:
        yield source.coverage_said[0]
    else:
        yield "Every picture was analysed whole."
    if source.left_out:
        yield f"Left out: {'; '.join(str(left).rstrip('.') for left in source.left_out)}."


def _reviewed(source: ReportSource) -> Iterable[str]:
    ready = source.readiness
    done = ready.counted - ready.unreviewed
    if not done:
        yield "No person has reviewed the objects."
        return
    names = ", ".join(person.who for person in source.people or ())
    by = f" (by {names})" if names else ""
    yield f"Of {ready.counted:,} {ready.about}, {done:,} had been drawn, accepted or corrected by people{by}."
    audited = sum(person.audited for person in source.people or ())
    if audited:
        yield f"{audited:,} of the answers were given for random audits with recorded probabilities."


def _measured(source: ReportSource) -> Iterable[str]:
    if source.measured:
        options = source.options
        unit = "µm" if all(analysis.picture.pixel_size is not None for analysis in source.analyses) else "px"
        yield (
            f"Measured were {', '.join(source.measured)} (rings {options.ring:g} {unit} wide, neighbours within "
            f"{options.radius:g} {unit}, {options.levels} grey levels), by the formulas of Cellwright's page of "
            "measurements."
        )


def _intervals(source: ReportSource, counts: SureCounts | None) -> Iterable[str]:
    if counts is not None:
        yield f"Intervals hold at {counts.level:.0%}: of counts {counts.count_method}; of shares {counts.share_method}."
        yield from _dispersion(counts)
    if source.differential is not None:
        yield f"Intervals of the differential: {source.differential.method}."


def _dispersion(counts: SureCounts) -> Iterable[str]:
    found = counts.total.dispersion
    if found is not None and math.isfinite(found.ratio):
        p = f"p = {found.p_value:.2g}" if found.p_value >= _SMALL_P else f"p < {_SMALL_P:g}"
        yield (
            f"Between the {found.fields:,} pictures counts of all cells varied {found.ratio:.2g} times as much as by "
            f"chance (Pearson's χ² over its degrees of freedom, {p})."
        )


def _where_run(analyses: Sequence[Analysis]) -> Iterable[str]:
    ran = dict.fromkeys(f"{each.engine} on {each.device}" for each in analyses if each.engine)
    if ran:
        yield f"The networks ran by {' and '.join(ran)}."


def version_facts() -> tuple[tuple[str, str], ...]:
    """Return what this report was made with."""
    known = versions()
    system = f"{known.pop('system')}, {known.pop('machine')}"
    return (("Versions", ", ".join(f"{name} {version}" for name, version in known.items())), ("System", system))


def citations(analyses: Iterable[Analysis]) -> tuple[tuple[str, str], ...]:
    """Return what is to be cited with the models, and their licences."""
    rows = []
    cards = [card for each in analyses if not each.is_by_hand for card in each.parts or (each.card,)]
    for card in {card.name: card for card in cards}.values():
        if card.licence:
            rows.append((f"Licence of {card.name}", card.licence))
        rows += [(f"Cite with {card.name}", citation) for citation in card.citations]
    return tuple(rows)
