"""What a project teaches: which objects count, where somebody looked, and who is held out."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from cellwright.annotation import UNIDENTIFIED, Status, added
from cellwright.core import BadParameter, Box, DatasetNotReadable, Region
from cellwright.imaging import SlideRef
from cellwright.project import Project
from cellwright.project.pictures import slide_ref
from cellwright.training.crops import UNKNOWN
from cellwright.training.gather import divided, gather, known_regions
from cellwright.training.labelled_pictures import read_picture
from cellwright.training.lesson import Lesson
from cellwright.training.recipe import Look
from cellwright.zoo import find_model, load_card
from tests.training.lessons import disc_lesson, disc_picture, disc_project, draw_discs, states_of


@pytest.fixture(scope="module")
def card():
    return load_card(find_model("nuclei-stardist"))


def test_a_lesson_is_read_back_as_it_was_written(tmp_path):
    lesson = disc_lesson(tmp_path, ("a", "b"))
    lesson.save(tmp_path / "run")
    again = Lesson.load(tmp_path / "run")
    assert again.digest == lesson.digest and again.classes == lesson.classes
    for one, other in zip((*lesson.taught, *lesson.held_out), (*again.taught, *again.held_out), strict=True):
        assert one.path == other.path and one.masks.equals(other.masks)
        assert np.array_equal(one.kinds, other.kinds) and np.array_equal(one.boxes, other.boxes)


def test_another_outline_is_another_lesson(tmp_path):
    lesson = disc_lesson(tmp_path, ("a",))
    assert lesson.digest != lesson.shuffled(1).digest
    assert lesson.digest == Lesson(lesson.classes, lesson.taught[::-1], ()).digest


def test_a_damaged_lesson_says_so(tmp_path):
    disc_lesson(tmp_path, ("a",)).save(tmp_path)
    (tmp_path / "lesson.npz").write_bytes(b"PK nonsense")
    with pytest.raises(DatasetNotReadable, match="Begin the training anew"):
        Lesson.load(tmp_path)


def test_what_nobody_looked_at_is_unknown(tmp_path):
    picture = disc_picture(tmp_path / "a.png", 0)
    first = picture.boxes[:1]
    labels = replace(picture, known=first).labels()
    y0, x0, y1, x1 = first[0].astype(int)
    assert (labels[y0:y1, x0:x1] != UNKNOWN).all()
    outside = np.ones(labels.shape, bool)
    outside[y0:y1, x0:x1] = False
    # Objects themselves are known wherever they lie.
    assert ((labels[outside] == UNKNOWN) == (picture.labels()[outside] == 0)).all()


def test_answers_make_the_truth_and_silence_teaches_nothing(tmp_path, card):
    masks = draw_discs(tmp_path / "a.png", 0)
    with Project.create(tmp_path / "project") as project:
        (kind,) = project.add_classes([("nucleus", "Nucleus", "#0072B2", "")], "t")
        (record,) = project.add_pictures([tmp_path / "a.png"], "t")
        statuses = [Status.ACCEPTED, Status.CORRECTED, Status.REJECTED, Status.UNREVIEWED]
        for row, status in enumerate(statuses):
            project.apply(added(record.id, states_of(masks.take(np.array([row])), kind.id, status)), "t")
        (picture,) = gather(project, card, 0.0).taught
        assert len(picture) == 2
        labels = picture.labels()
        centres = ((masks.boxes()[:, :2] + masks.boxes()[:, 2:]) / 2).astype(int)
        said = labels[centres[:, 0], centres[:, 1]]
        assert set(said[:2]) == {1, 2}
        assert said[2] == 0  # rejected: nothing is there
        assert (said[3:] == UNKNOWN).all()  # unreviewed, or never marked
        # Once the region is reviewed, whatever is marked in it is all there is.
        project.mark_reviewed(record.id, Box(0, 0, 128, 128), "t")
        (picture,) = gather(project, card, 0.0).taught
        assert len(picture) == 3 and picture.known is None


def test_what_was_too_unsure_to_be_shown_is_ground_once_the_region_was_looked_at(tmp_path, card):
    masks = draw_discs(tmp_path / "a.png", 0)
    with Project.create(tmp_path / "project") as project:
        (kind,) = project.add_classes([("nucleus", "Nucleus", "#0072B2", "")], "t")
        (record,) = project.add_pictures([tmp_path / "a.png"], "t")
        for row, score in enumerate((0.9, 0.06)):
            (state,) = states_of(masks.take(np.array([row])), kind.id, Status.UNREVIEWED)
            project.apply(added(record.id, [replace(state, score=score, source="model:x@0")]), "t")
        project.mark_reviewed(record.id, Box(0, 0, 128, 128), "t")
        (picture,) = gather(project, card, 0.0).taught
    assert picture.known is None
    assert np.array_equal(picture.boxes, masks.boxes()[:1])


def test_cells_that_nobody_can_tell_are_no_class_and_teach_nothing(tmp_path, card):
    masks = draw_discs(tmp_path / "a.png", 0)
    with Project.create(tmp_path / "project") as project:
        known, unsure = project.add_classes(
            [("nucleus", "Nucleus", "#0072B2", ""), (UNIDENTIFIED, "Unidentified", "#888888", "")], "t"
        )
        (record,) = project.add_pictures([tmp_path / "a.png"], "t")
        for row, kind in enumerate((known, unsure)):
            project.apply(added(record.id, states_of(masks.take(np.array([row])), kind.id)), "t")
        lesson = gather(project, card, 0.0)
    assert lesson.classes == ("nucleus",)
    (picture,) = lesson.taught
    y, x = ((masks.boxes()[1, :2] + masks.boxes()[1, 2:]) / 2).astype(int)
    assert len(picture) == 1 and picture.labels()[y, x] == UNKNOWN


def test_new_classes_come_after_those_of_the_model(tmp_path, card):
    masks = draw_discs(tmp_path / "a.png", 0)
    with Project.create(tmp_path / "project") as project:
        blue, known, unused = project.add_classes(
            [("blue", "Blue", "#0000FF", ""), ("NUCLEUS", "x", "#FF0000", ""), ("none", "None", "#00FF00", "")], "t"
        )
        (record,) = project.add_pictures([tmp_path / "a.png"], "t")
        for row, kind in enumerate((blue, known)):
            project.apply(added(record.id, states_of(masks.take(np.array([row])), kind.id)), "t")
        lesson = gather(project, card, 0.0)
    assert lesson.classes == ("nucleus", "blue")
    assert sorted(lesson.taught[0].kinds.tolist()) == [0, 1]
    assert [look.colour for look in lesson.looks] == ["#0000FF"]
    assert lesson.objects_by_class == {"nucleus": 1, "blue": 1}
    assert unused.name not in lesson.classes


def test_a_project_without_answers_teaches_nothing(tmp_path, card):
    draw_discs(tmp_path / "a.png", 0)
    with Project.create(tmp_path / "project") as project:
        project.add_pictures([tmp_path / "a.png"], "t")
        with pytest.raises(DatasetNotReadable, match="correct some pictures first"):
            gather(project, card)
        with pytest.raises(BadParameter, match="held out"):
            gather(project, card, 1.0)


def test_pictures_and_from_four_folders_on_folders_stay_on_one_side(tmp_path, card):
    with Project(disc_project(tmp_path), read_only=True) as project:
        lesson = gather(project, card, 0.25)
    assert (len(lesson.taught), len(lesson.held_out)) == (3, 1)
    assert lesson.journal_entry > 0
    pictures = []
    for seed in range(10):
        folder = tmp_path / f"slide{seed % 5}"
        folder.mkdir(exist_ok=True)
        pictures.append(disc_picture(folder / f"{seed}.png", seed))
    for seed in range(4):
        taught, held = divided(pictures, ("a",), 0.3, seed)
        assert len(taught) + len(held) == 10 and held
        assert not {p.path.parent for p in taught} & {p.path.parent for p in held}


@st.composite
def rectangles(draw):
    y0, x0 = draw(st.integers(0, 30)), draw(st.integers(0, 30))
    return (float(y0), float(x0), float(y0 + draw(st.integers(1, 20))), float(x0 + draw(st.integers(1, 20))))


@given(st.lists(rectangles(), max_size=4), st.lists(rectangles(), max_size=4))
def test_known_is_what_was_looked_at_without_what_nobody_answered(looked, unsure):
    h = w = 40
    expected = np.zeros((h, w), bool)
    for value, boxes in ((True, looked), (False, unsure)):
        for y0, x0, y1, x1 in boxes:
            expected[int(y0) : int(y1), int(x0) : int(x1)] = value
    known = known_regions(np.array(looked, np.float32).reshape(-1, 4), unsure, (h, w))
    found = np.zeros((h, w), bool)
    for y0, x0, y1, x1 in np.array([[0, 0, h, w]]) if known is None else known.astype(int):
        found[y0:y1, x0:x1] = True
    assert np.array_equal(found, expected)


def test_a_picture_looked_at_whole_is_known_whole():
    assert known_regions(np.array([[0, 0, 40, 40]], np.float32), [], (40, 40)) is None
    assert known_regions(np.array([[0, 0, 40, 39]], np.float32), [], (40, 40)) is not None


def test_planes_of_a_stack_teach_their_own_pixels_and_stay_together(tmp_path, card):
    stacks = [tmp_path / f"{name}.ome.tif" for name in "abc"]
    with Project.create(tmp_path / "project") as project:
        (kind,) = project.add_classes([("nucleus", "Nucleus", "#0072B2", "")], "t")
        for path in stacks:
            masks = draw_discs(tmp_path / "one.png", 0)
            with SlideRef(tmp_path / "one.png").open() as slide:
                grey = slide.read(region_of(slide))[..., 0]
            planes = np.stack([grey // (z + 1) for z in range(3)])
            tifffile.imwrite(path, planes, metadata={"axes": "ZYX"}, ome=True)
            for z in (0, 2):
                (record,) = project.add_pictures([SlideRef(path, z=z, t=0)], "t")
                project.apply(added(record.id, states_of(masks, kind.id)), "t")
        lesson = gather(project, card, 0.34)
    paths = [str(picture.path) for picture in (*lesson.taught, *lesson.held_out)]
    assert len(paths) == 6
    taught, held = (
        {str(picture.path).rpartition("#")[0] for picture in side} for side in (lesson.taught, lesson.held_out)
    )
    assert held and not taught & held
    first = next(picture for picture in lesson.taught if str(picture.path).endswith("z=0,t=0"))
    last = next(picture for picture in lesson.taught if str(picture.path).endswith("z=2,t=0"))
    # Each plane is read itself: in the same contrast they look alike, as stored the last is a third as bright.
    stretched = [
        read_picture(each.path, Look(contrast="percentile", percentiles=(0.0, 100.0))) for each in (first, last)
    ]
    assert stretched[0].shape == (3, *first.shape)
    assert int((stretched[0].int() - stretched[1].int()).abs().max()) <= 6
    with slide_ref(last.path).open() as slide:
        assert slide.read(region_of(slide)).max() == grey.max() // 3


def region_of(slide):
    return Region(Box(0, 0, *slide.shape))
