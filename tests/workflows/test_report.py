"""A report says what was counted and how: from analyses, from a project, from results that were exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.annotation import ModelRecord, RecordChange, RunRecord, Status, judged
from cellwright.cli import main
from cellwright.cli.confidence import at_confidence
from cellwright.core import BadParameter, Box, OutputExists, PixelSize, PixelSizeSource
from cellwright.export.report_document import Chart, Figure, Grid, Paragraph, Report, SignOff
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.workflows import Analysis, ExportAnalyses, ExportFormat, counts_table
from cellwright.workflows.audit import Strata, draw_audit, populations
from cellwright.workflows.differential import NOT_A_DEVICE
from cellwright.workflows.keeping import KeepObjects, kept_analysis
from cellwright.workflows.report import ReportOptions, WriteReport, make_report, usual_title
from cellwright.workflows.report_differential import with_differential
from cellwright.workflows.report_making import ReportAnalyses, source_of
from cellwright.workflows.report_methods import methods_paragraph
from cellwright.workflows.report_results import source_of_results
from cellwright.workflows.report_review import readiness
from cellwright.workflows.report_source import DifferentialRow, DifferentialSummary, ReportSource, Signature
from cellwright.workflows.sure_counts import sure_counts
from cellwright.zoo import ModelCard
from tests.ui.known_boxes import make_card, make_objects
from tests.workflows.outlined import nuclei
from tests.workflows.test_sure_counts import answer, project  # noqa: F401 - a fixture

Make = Callable[..., Analysis]
SIZE = PixelSize(0.5, 0.5, PixelSizeSource.USER)


def report_of(source: ReportSource, **options: object) -> Report:
    steps = make_report(source, ReportOptions(**options))  # type: ignore[arg-type]
    while True:
        try:
            next(steps)
        except StopIteration as end:
            report: Report = end.value
            return report


def grids(report: Report) -> dict[str, Grid]:
    return {block.title: block for block in report.blocks if isinstance(block, Grid)}


def words(report: Report) -> str:
    return " ".join(block.text for block in report.blocks if isinstance(block, Paragraph))


def sign_off(report: Report) -> SignOff:
    (block,) = (block for block in report.blocks if isinstance(block, SignOff))
    return block


def confirmed(analysis: Analysis, *rows: int) -> Analysis:
    mask = np.zeros(len(analysis.objects), bool)
    mask[list(rows)] = True
    return replace(analysis, confirmed=mask)


def test_counts_and_intervals_are_those_of_the_tables(make_analysis: Make) -> None:
    analyses = (make_analysis("a.png", SIZE), make_analysis("b.png", SIZE))
    report = report_of(ReportSource(analyses))
    counts = sure_counts(analyses)
    rows = {row[0]: row for row in grids(report)["Cells counted"].rows}
    assert rows["All cells"][1] == f"{counts.total.count}" == "6"
    assert rows["White blood cell"][1:5] == ("2", "0.2 to 7.2", "33.3 %", "4.3 to 77.7 %")
    per_picture = grids(report)["Pictures"].rows
    total = sum(int(cell) for row in per_picture for cell in row[1:4])
    cells = [int(str(cell)) for cell in counts_table(analyses).column("count").cells()]
    assert total == 6 == sum(cells) // 2, "each class, and all of them"


def test_the_first_page_says_that_it_is_no_medical_device(make_analysis: Make) -> None:
    report = report_of(ReportSource((make_analysis(),)))
    assert NOT_A_DEVICE in words(report) and "medical device" in report.foot


def test_expected_counts_stand_beside_those_of_the_threshold(make_analysis: Make) -> None:
    report = report_of(ReportSource((make_analysis(),)))
    rows = {row[0]: row for row in grids(report)["Counted and expected"].rows}
    assert rows["Red blood cell"][:3] == ("Red blood cell", "1", "0.8"), "0.35 and 0.45 of which one counts"
    assert "Counted and expected" not in grids(report_of(ReportSource((make_analysis(),), keep="score > 0.4")))


def test_audits_correct_the_counts_of_a_project(project: Project) -> None:  # noqa: F811 - the fixture
    project.apply(draw_audit(populations(project, Strata.CLASS), 60, 1, "Anna", project.next_audit()), "Anna")
    answer(project, 1, project.audit_items(1))
    project.close()
    found = grids(report_of(source_of(project.folder), most_pictures=0))
    (title,) = (title for title in found if title.startswith("Counts corrected by audit 1"))
    assert len(found[title].rows) == 3 and "drawn objects are answered" in found[title].note


def test_what_is_missing_is_said_at_the_head(make_analysis: Make) -> None:
    report = report_of(ReportSource((make_analysis(failed=True),)))
    first = next(b for b in report.blocks if isinstance(b, Paragraph) and b.text != NOT_A_DEVICE)
    assert first.text.startswith("Something is missing from the numbers. 1 of 2 tiles could not be analysed")
    assert "unreadable" in words(report)


def test_methods_name_model_thresholds_pixel_size_and_statistics(make_analysis: Make) -> None:
    analysis = make_analysis("a.png", SIZE)
    said = methods_paragraph(ReportSource((analysis,)), sure_counts([analysis]))
    for needed in (
        "three-kinds",
        "ab" * 32,
        "White blood cell 0.5",
        "Platelet 0.3",
        "0.5 µm, as a person entered",
        "No person has reviewed",
        "95%",
        "Garwood",
        "Clopper and Pearson",
    ):
        assert needed in said
    unknown = methods_paragraph(ReportSource((make_analysis("b.png"),)), None)
    assert "is unknown, so that nothing is given in µm" in unknown


def test_densities_are_left_out_where_a_pixel_size_is_unknown(make_analysis: Make) -> None:
    known, unknown = make_analysis("a.png", SIZE), make_analysis("b.png")
    assert len(grids(report_of(ReportSource((known,))))["Cells counted"].columns) == 7
    report = report_of(ReportSource((known, unknown)))
    assert len(grids(report)["Cells counted"].columns) == 5 and "No density is given" in words(report)


def test_nobody_signs_while_cells_are_unreviewed(make_analysis: Make) -> None:
    analysis = make_analysis()
    report = report_of(ReportSource((analysis,)))
    assert sign_off(report).is_blocked and "3 of 3 counted cells are unreviewed" in sign_off(report).said
    some = report_of(ReportSource((confirmed(analysis, 0, 2),)))
    assert sign_off(some).is_blocked and "1 of 3" in sign_off(some).said
    every = report_of(ReportSource((confirmed(analysis, 0, 2, 3),)))
    assert not sign_off(every).is_blocked and not sign_off(every).who, "there is room for a pen"
    empty = report_of(ReportSource((make_analysis(n=0),)))
    assert sign_off(empty).is_blocked


def test_a_confirmed_cell_counts_below_its_threshold_and_is_reviewed(make_analysis: Make) -> None:
    ready = readiness([confirmed(make_analysis(), 1)], None)
    assert (ready.counted, ready.unreviewed) == (4, 3)


def test_a_report_of_areas_says_so_and_asks_for_no_cells(make_analysis: Make) -> None:
    cells = confirmed(make_analysis(), 0)
    areas = replace(cells, card=cells.card.model_copy(update={"task": "semantic"}))
    assert (usual_title([cells]), usual_title([areas])) == ("Cell count report", "Report of areas")
    assert "2 of 3 counted cells are unreviewed" in readiness([cells], None).sentence()
    assert "2 of 3 regions are unreviewed" in readiness([areas], None).sentence()


def differential(**more: object) -> DifferentialSummary:
    rows = (DifferentialRow("Neutrophil", 60, 0.6, 0.5, 0.7), DifferentialRow("<b>Lymphocyte", 40, 0.4, 0.3, 0.5))
    apart = (DifferentialRow("Unidentified", 3, 0.029, 0.01, 0.08),)
    return DifferentialSummary(rows, 100, "exact binomial (Rümke)", beside=apart, **more)  # type: ignore[arg-type]


def test_a_differential_has_its_table_and_only_its_cells_block(make_analysis: Make) -> None:
    analysis = confirmed(make_analysis(), 0)
    source = ReportSource((analysis,), differential=differential(classes=("WBC",)))
    report = report_of(source)
    grid = grids(report)["White-cell differential"]
    assert grid.rows[0] == ("Neutrophil", "60", "60.0 %", "50.0 to 70.0 %")
    assert [row[0] for row in grid.rows] == ["Neutrophil", "<b>Lymphocyte", "All told by kind"] and grid.sums == 1
    assert grids(report)["Beside the 100 %"].rows == (("Unidentified", "3", "2.9 %", "1.0 to 8.0 %", ""),)
    assert not sign_off(report).is_blocked, "the one white cell was reviewed; red cells need not be"
    signed = report_of(replace(source, signature=Signature("Dr <Who>", "2026-01-02 10:00 UTC")))
    assert sign_off(signed).who == "Dr <Who>"
    changed = report_of(replace(source, signature=Signature("Dr Who", "2026-01-02 10:00 UTC", holds=False)))
    assert not sign_off(changed).who, "what was signed is not what stands here"


def test_one_kind_of_white_cell_is_no_differential(make_analysis: Make) -> None:
    assert with_differential(ReportSource((make_analysis(),))).differential is None


def test_outlines_measured_and_drawn(tmp_path: Path) -> None:
    analysis = nuclei(tmp_path)
    report = report_of(ReportSource((analysis,), measured=("geometry",)))
    charts = [block for block in report.blocks if isinstance(block, Chart)]
    assert {"area, µm²", "circularity"} <= {chart.x for chart in charts}
    figures = [block for block in report.blocks if isinstance(block, Figure)]
    assert figures[0].alt.startswith("nuclei.png with outlines around ") and len(figures) == 2
    assert "rings 5 µm wide" in words(report)


def test_a_filter_keeps_objects_everywhere(tmp_path: Path) -> None:
    analysis = nuclei(tmp_path)
    areas = analysis.counted().masks.areas()  # type: ignore[union-attr]
    median = float(np.median(areas))
    kept = kept_analysis(analysis, f"area > {median}")
    assert len(kept.counted()) == int((areas > median).sum()) and kept.kept
    again = run_inline(KeepObjects((kept,), kept.kept))
    assert again[0] is kept, "what was kept by the same filter is not asked again"
    with pytest.raises(BadParameter, match="already met"):
        kept_analysis(kept, "area > 1")
    round_ones = kept_analysis(analysis, "solidity > 0.9 and class == 'nucleus'")
    assert 0 < len(round_ones.objects) <= len(areas)
    for wrong in ("status == accepted", "no_such > 1", "area >"):
        with pytest.raises(BadParameter):
            kept_analysis(analysis, wrong)


def test_a_report_of_results_is_that_of_the_analyses(tmp_path: Path) -> None:
    analysis = real(nuclei(tmp_path / "in"))
    formats = (ExportFormat.PARQUET, ExportFormat.LABELS)
    out = tmp_path / "out"
    run_inline(ExportAnalyses((analysis,), out, formats, 0.5, manifest=True, measured=("geometry",), keep="area > 40"))
    source = source_of(out, pictures=tmp_path / "in")
    direct = kept_analysis(analysis, "area > 40", 0.5)
    found = source.analyses[0]
    assert (found.counted(source.thresholds).boxes == direct.counted(0.5).boxes).all()
    assert found.objects.masks is not None
    assert (found.objects.masks.areas() == direct.counted(0.5).masks.areas()).all()  # type: ignore[union-attr]
    assert source.keep == "area > 40" and source.table is not None and source.confirmed == 0
    first, second = report_of(source), report_of(ReportSource((direct,), 0.5, measured=("geometry",), keep="area > 40"))
    rows = [[row[1:] for row in grids(report)["Cells counted"].rows] for report in (first, second)]
    assert rows[0] == rows[1], "only the title of the class is not known where the model is gone"
    medians = [[c.caption.lower() for c in report.blocks if isinstance(c, Chart)] for report in (first, second)]
    assert medians[0] == medians[1]
    assert "kept for which: area > 40" in words(first)


@pytest.mark.parametrize("kind", [ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.SQLITE, ExportFormat.H5AD])
def test_every_table_of_objects_will_do(make_analysis: Make, tmp_path: Path, kind: ExportFormat) -> None:
    analysis = confirmed(real(make_analysis()), 1)
    out = tmp_path / "out"
    run_inline(ExportAnalyses((analysis,), out, (kind,), manifest=True))
    source = source_of_results(out / "manifest.json", pictures=analysis.picture.path.parent)
    assert source.analyses[0].counted(source.thresholds).counts().tolist() == [1, 2, 1]
    assert source.readiness.unreviewed == 3, "the manifest says that one was confirmed"


def real(analysis: Analysis) -> Analysis:
    """Return an analysis whose picture has the hash that it says."""
    from cellwright.imaging import content_sha256

    return replace(analysis, picture=replace(analysis.picture, sha256=content_sha256(analysis.picture.path)))


def test_changed_results_and_pictures_are_not_vouched_for(make_analysis: Make, tmp_path: Path) -> None:
    analysis = real(make_analysis())
    out = tmp_path / "out"
    run_inline(ExportAnalyses((analysis,), out, (ExportFormat.CSV,), manifest=True))
    table = out / "objects.csv"
    before = table.read_bytes()
    table.write_bytes(before.replace(b"WBC", b"RBC"))
    with pytest.raises(BadParameter, match="was changed after it was written"):
        source_of(out)
    table.write_bytes(before)
    Image.new("RGB", (120, 100)).save(analysis.picture.path)
    with pytest.raises(BadParameter, match="its bytes differ"):
        source_of(out)
    (out / "manifest.json").unlink()
    with pytest.raises(BadParameter, match="neither a project nor results"):
        source_of(out)


def test_files_are_written_whole_and_never_over_others_unasked(make_analysis: Make, tmp_path: Path) -> None:
    source = ReportSource((make_analysis("<img src=x onerror=alert(1)>.png"),))
    for name in ("report.html", "report.pdf"):
        assert run_inline(WriteReport(source, tmp_path / name)) == tmp_path / name
        with pytest.raises(OutputExists):
            run_inline(WriteReport(source, tmp_path / name))
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "<img src=x" not in text and "&lt;img src=x onerror=alert(1)&gt;.png" in text
    with pytest.raises(BadParameter, match=r"\.html or \.pdf"):
        run_inline(WriteReport(source, tmp_path / "report.docx"))


def test_what_a_window_shows_becomes_a_report(make_analysis: Make, tmp_path: Path) -> None:
    operation = ReportAnalyses((make_analysis(),), tmp_path / "report.html", keep="class == 'RBC'")
    text = run_inline(operation).read_text("utf-8")
    assert "kept for which: class == &#x27;RBC&#x27;" in text and "1 of 1 counted cells" in text


def test_a_project_says_who_reviewed_what_and_a_signature_needs_it(tmp_path: Path) -> None:
    picture = tmp_path / "smear.png"
    Image.fromarray(np.full((300, 400, 3), 200, np.uint8)).save(picture)
    with Project.create(tmp_path / "cells") as made:
        made.add_pictures([picture], "Anna")
        card = make_card()
        made.add_classes([(kind.name, kind.title, kind.colour, "") for kind in card.classes], "Anna")
        model = ModelRecord(1, card.name, card.model_hash, card.model_dump_json())
        records = [RecordChange(None, model), RecordChange(None, RunRecord(1, 1, 1, "{}", 1.0))]
        made.add_objects(1, make_objects(6, (300, 400)), "Anna", records=records)
        every = made.objects_in(1)
        made.apply(judged(every[:3], made.reviewer("Anna"), Status.ACCEPTED), "Anna")
        made.apply(judged(every[3:4], made.reviewer("Ben <i>"), Status.REJECTED), "Ben <i>")
        made.mark_reviewed(1, Box(0, 0, 300, 400), "Anna")
    source = source_of(tmp_path / "cells")
    report = report_of(source)
    rows = grids(report)["Who reviewed what"].rows
    assert [row[:6] for row in rows] == [("Anna", "3", "0", "0", "0", "1"), ("Ben <i>", "0", "0", "1", "0", "0")]
    ready = source.readiness
    assert sign_off(report).is_blocked and ready.counted - ready.unreviewed == 3
    assert "by Anna, Ben <i>" in words(report) and "journal entry" in source.said[0]
    assert main(["report", str(tmp_path / "cells"), "--out", str(tmp_path / "report.pdf"), "--author", "A."]) == 0
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_counts_and_differential_of_a_report_rest_on_the_same_confidence(tmp_path: Path) -> None:
    picture = tmp_path / "smear.png"
    Image.fromarray(np.full((300, 400, 3), 200, np.uint8)).save(picture)
    found = make_objects(40, (300, 400))
    kinds = ("NEU", "LYM", "EOS")
    text = make_card().model_dump_json()
    for name, kind in zip(make_card().class_names, kinds, strict=True):
        text = text.replace(f'"{name}"', f'"{kind}"')
    card = ModelCard.model_validate_json(text)
    limits = card.thresholds.model_copy(update={"confidence": dict.fromkeys(kinds, 0.4)})
    card = card.model_copy(update={"thresholds": limits})
    with Project.create(tmp_path / "cells") as made:
        made.add_pictures([picture], "Anna")
        made.add_classes([(kind.name, kind.title, kind.colour, "") for kind in card.classes], "Anna")
        records = [
            RecordChange(None, ModelRecord(1, card.name, card.model_hash, card.model_dump_json())),
            RecordChange(None, RunRecord(1, 1, 1, "{}", 1.0)),
        ]
        made.add_objects(1, replace(found, classes=kinds), "Anna", records=records)
    usual = source_of(tmp_path / "cells")
    sure = source_of(tmp_path / "cells", limits=partial(at_confidence, "0.8"))
    numbers = []
    for source, least in ((usual, 0.4), (sure, 0.8)):
        expected = int((found.scores >= np.float32(least)).sum())
        assert source.differential is not None
        assert source.differential.n == sum(len(each.counted(source.thresholds)) for each in source.analyses)
        assert source.differential.n == expected
        numbers.append(expected)
    assert numbers[0] > numbers[1], "another confidence counts others"
