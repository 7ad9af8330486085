"""What every way out must keep, as tests to inherit.

A plugin author writes, in a test module::

    from cellwright.testing.exporters import ExporterTests

    class TestMine(ExporterTests):
        @pytest.fixture
        def exporter_name(self):
            return "mine"

        def count(self, written):
            return len(json.loads(written[0].read_text())["cells"])

and pytest writes analyses of drawn nuclei through `cellwright.workflows.ExportAnalyses`, as window and command line do,
so that the registration is tested as well. Without `count`, that the files hold every object is not tested: say in the
words of the format what it leaves out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cellwright.core import Box, Masks, Objects, OutputExists, OutputNotWritable, PixelSize, PixelSizeSource
from cellwright.imaging import SlideRef
from cellwright.inference import Coverage, TileRecord, TileState
from cellwright.shapes import masks_from_labels
from cellwright.testing.nuclei import NUCLEI_CLASSES, Nuclei
from cellwright.workflows import Analysis, PictureInfo, export_analyses, format_named, planned_outputs
from cellwright.workflows.exporters import EXPORTERS
from cellwright.zoo import InputContract, ModelCard, ObjectClass, StarDecoding, Thresholds

NAMES = ("nuclei.png", "=Zellkerne №2 – 細胞 & <b>.png")
"""Of the pictures: plain, and with everything that files and tables trip over."""

_LEAST_BYTES = 48
_SHAPE = (96, 120)


class ExporterTests:
    """Laws of the ways out, checked on one.

    A subclass provides the fixture `exporter_name`, and where it can the method `count`.
    """

    names: ClassVar[tuple[str, ...]] = NAMES

    @pytest.fixture
    def exporter_name(self) -> str:
        """Return under what name the exporter is registered; to be provided by the subclass."""
        raise NotImplementedError("Give your test class a fixture 'exporter_name' that returns its registered name.")

    def count(self, written: Sequence[Path]) -> int | None:  # noqa: ARG002 - for those that override it
        """Read back how many objects all files together hold; None where the format cannot tell."""
        return None

    @pytest.fixture
    def analyses(self, tmp_path: Path) -> tuple[Analysis, ...]:
        """Return two analyses, with outlines and pixel sizes."""
        return tuple(drawn_analysis(tmp_path / "pictures" / name, seed) for seed, name in enumerate(self.names))

    def test_it_is_registered_and_says_what_it_is(self, exporter_name: str) -> None:
        """By a title and a line on what is in it; what writes can be imported."""
        made = EXPORTERS.load(exporter_name)
        assert made.title.strip()
        assert made.about.strip().endswith(".")
        assert callable(made.writer())

    def test_it_writes_what_it_declares_and_nothing_else(
        self, exporter_name: str, analyses: tuple[Analysis, ...], tmp_path: Path
    ) -> None:
        """The files and folders it is asked about before, so that nothing is replaced by surprise."""
        out = tmp_path / "out"
        written = export_analyses(analyses, out, [format_named(exporter_name)])
        planned = planned_outputs(out, [format_named(exporter_name)], self.names)
        assert set(written) == set(planned)
        assert all(path.exists() for path in written)
        inside = {path for path in out.rglob("*") if path.is_file()}
        strange = [path for path in inside if not any(path.is_relative_to(each) for each in planned)]
        assert strange == []

    def test_the_files_hold_every_object(
        self, exporter_name: str, analyses: tuple[Analysis, ...], tmp_path: Path
    ) -> None:
        """As many as count, where the format can be read back."""
        found = self.count(export_analyses(analyses, tmp_path / "out", [format_named(exporter_name)]))
        assert found is None or found == sum(len(each.counted()) for each in analyses)

    def test_nothing_found_is_no_error(self, exporter_name: str, tmp_path: Path) -> None:
        """A picture without cells is a result."""
        nothing = drawn_analysis(tmp_path / "pictures" / "empty.png", 3, found=False)
        written = export_analyses([nothing], tmp_path / "out", [format_named(exporter_name)])
        assert self.count(written) in (None, 0)

    def test_nothing_is_replaced_unasked(
        self, exporter_name: str, analyses: tuple[Analysis, ...], tmp_path: Path
    ) -> None:
        """What is there stays as it is unless a person agreed."""
        out = tmp_path / "out"
        export_analyses(analyses, out, [format_named(exporter_name)])
        before = _contents(out)
        with pytest.raises(OutputExists):
            export_analyses(analyses[:1], out, [format_named(exporter_name)])
        with pytest.raises(OutputExists):  # the exporter itself too, whoever calls it
            _write(exporter_name, analyses, out, overwrite=False)
        assert _contents(out) == before
        export_analyses(analyses, out, [format_named(exporter_name)], overwrite=True)

    def test_a_folder_that_cannot_be_is_a_sentence(
        self, exporter_name: str, analyses: tuple[Analysis, ...], tmp_path: Path
    ) -> None:
        """And not a traceback."""
        (tmp_path / "taken").write_text("a file, not a folder")
        with pytest.raises(OutputNotWritable) as told:
            export_analyses(analyses, tmp_path / "taken" / "out", [format_named(exporter_name)])
        assert len(str(told.value)) > 20

    @pytest.fixture
    def full_disk(self) -> AbstractContextManager[None]:
        """Return a context in which no file can grow; to be overridden where the writer cannot live without."""
        return small_disk()

    def test_a_disk_that_fills_up_leaves_what_was_there(
        self,
        exporter_name: str,
        analyses: tuple[Analysis, ...],
        tmp_path: Path,
        full_disk: AbstractContextManager[None],
    ) -> None:
        """A file is written whole or not at all."""
        out = tmp_path / "out"
        export_analyses(analyses, out, [format_named(exporter_name)])
        before = _contents(out)
        with pytest.raises(OutputNotWritable), full_disk:
            export_analyses(analyses, out, [format_named(exporter_name)], overwrite=True)
        assert _contents(out) == before


def drawn_analysis(path: Path, seed: int, *, found: bool = True) -> Analysis:
    """Return what is truly on a picture of drawn nuclei, as a model would have found it; the picture is written too.

    Parameters
    ----------
    path : Path
        Of the picture, PNG.
    seed : int
        Which.
    found : bool
        Whether anything is found.
    """
    pixels, truth = _drawn(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, format="PNG")
    masks = truth if found else Masks.empty()
    card = drawn_card()
    objects = Objects(
        np.frombuffer(np.arange(4 * len(masks), dtype=np.uint32).tobytes(), "V16"),
        masks.boxes(),
        np.zeros(len(masks), np.int16),
        np.linspace(0.95, 0.6, len(masks), dtype=np.float32),
        NUCLEI_CLASSES,
        card.source,
        masks,
    )
    size = PixelSize(0.5, 0.5, PixelSizeSource.USER)
    info = PictureInfo(SlideRef(path), path.name, _SHAPE, size, "by hand", "cd" * 32)
    coverage = Coverage((TileRecord(Box(0, 0, *_SHAPE), TileState.ANALYSED),))
    return Analysis(info, card, objects, coverage, "cpu", "drawn", 0.1)


@cache
def _drawn(seed: int) -> tuple[NDArray[Any], Masks]:
    field = Nuclei(seed, _SHAPE, 16.0)
    return field.read(field.box), masks_from_labels(field.labels(field.box))[0]


def drawn_card() -> ModelCard:
    """Return the card of a model that finds drawn nuclei as they truly are."""
    return ModelCard(
        name="drawn-truth",
        title="Drawn nuclei",
        task="instances",
        architecture={"kind": "unet"},
        input=InputContract(tile_px=64, halo_px=16),
        classes=(ObjectClass(name=NUCLEI_CLASSES[0], title="Nucleus", colour="#009E73", badge="N"),),
        decoding=StarDecoding(),
        thresholds=Thresholds(confidence={NUCLEI_CLASSES[0]: 0.5}),
        weights={"sha256": "ab" * 32},
    )


def _write(name: str, analyses: tuple[Analysis, ...], out: Path, *, overwrite: bool) -> None:
    from cellwright.workflows.exported import Results
    from cellwright.workflows.formats import outputs_of_each

    made, results = EXPORTERS.load(name), Results(analyses)
    if made.of_each is None:
        made.writer()(out, results, overwrite=overwrite)
        return
    paths = outputs_of_each(out, format_named(name), [each.name for each in results.pictures])
    for picture, path in zip(results.pictures, paths, strict=True):
        made.writer()(path, picture, overwrite=overwrite)


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextlib.contextmanager
def small_disk() -> Iterator[None]:
    """Let no file of this process become larger than a few bytes, as on a full disk."""
    resource = pytest.importorskip("resource", reason="needs a system that can limit the size of files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LEAST_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
