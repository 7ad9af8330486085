"""Other programs answer as models do: asked in a process and an environment of their own, and ended when they must."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import stat
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from cellwright_peers import MODELS
from cellwright_peers.child import program
from cellwright_peers.cli import main
from cellwright_peers.engine import PEER
from cellwright_peers.making import write_peer_model
from cellwright_peers.peers import ABOUT, ASKED_FILE, Asked, Peer, peers_path, python_of, read_asked, use, variable_of
from cellwright_peers.process import VERSION, PeerProcess

import cellwright as cw
from cellwright.cli import main as cellwright_main
from cellwright.core import BadParameter, ModelNotUsable, OutputExists
from cellwright.jobs import JobQueue, JobState
from cellwright.workflows import AnalyzePicture, ready_predictor, release_predictors
from cellwright.zoo import file_sha256, find_model, load_card

PATIENCE_S = 300.0
"""A new process takes half a minute to come up where many others do the same."""


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    """End what the tests started."""
    yield
    release_predictors()


@pytest.fixture
def start(environment: Path) -> Iterator[Callable[..., PeerProcess]]:
    """Start the stand-in of StarDist with options of its own."""
    made: list[PeerProcess] = []

    def begin(
        seconds: float = PATIENCE_S, model: str = "any", peer: Peer = Peer.STARDIST, **options: object
    ) -> PeerProcess:
        asked = Asked.model_validate({"peer": peer, "model": model, "options": options, "tile_seconds": seconds})
        made.append(PeerProcess(asked, environment))
        return made[-1]

    yield begin
    for each in made:
        each.end()


def _spots() -> np.ndarray:
    picture = np.zeros((80, 96, 3), np.uint8)
    picture[5:15, 5:20] = 200
    picture[40:60, 50:90] = 220
    return picture


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until(claim: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE_S
    while not claim():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


def test_a_program_outlines_a_picture(start: Callable[..., PeerProcess]) -> None:
    process = start()
    assert process.library == "StarDist 0.0.1"
    labels = process.outline(_spots())
    assert labels.dtype == np.int32
    assert np.bincount(labels.ravel())[1:].tolist() == [150, 800]
    np.testing.assert_array_equal(process.outline(_spots()), labels)


def test_the_stand_in_has_the_words_of_the_real_stardist(stardist_words: str) -> None:
    # The real one cannot be imported without TensorFlow, its source can be read.
    real = importlib.util.find_spec("stardist")
    assert real is not None
    assert real.origin is not None
    tree = ast.parse((Path(real.origin).parent / "models" / "base.py").read_text("utf-8"))
    asked = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "_predict_instances_generator"]
    words = {each.arg for function in asked for each in [*function.args.args, *function.args.kwonlyargs]}
    assert "show_tile_progress" in words
    assert "show_tile_progress" in stardist_words
    assert "show_tile_progress=False" in (Path(program.__file__).parent / "stardist_peer.py").read_text("utf-8")


def test_cellpose_is_asked_in_its_own_words(start: Callable[..., PeerProcess]) -> None:
    process = start(model="cpsam", peer=Peer.CELLPOSE)
    assert process.library == "Cellpose 4.9"
    assert process.outline(_spots()).max() == 2


def test_a_program_that_takes_too_long_is_ended(start: Callable[..., PeerProcess]) -> None:
    process = start(seconds=0.3, slow=900)
    with pytest.raises(ModelNotUsable, match=r"took longer than 0\.3 s and was ended"):
        process.outline(_spots())
    _until(lambda: not process.is_alive)  # a killed process is seen until its end is taken note of
    assert not _is_running(process.pid)


def test_a_person_who_interrupts_ends_it(start: Callable[..., PeerProcess], monkeypatch: pytest.MonkeyPatch) -> None:
    process = start(slow=900)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_answer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        process.outline(_spots())
    _until(lambda: not process.is_alive)


def test_cancel_ends_the_program_at_once(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable_of(Peer.STARDIST), str(environment))
    slow = Asked(peer=Peer.STARDIST, model="any", options={"slow": 900})
    write_peer_model(tmp_path / "slow", slow)
    jobs = JobQueue()
    job = jobs.submit(AnalyzePicture(cw.sample_picture("nuclei"), tmp_path / "slow"))
    seen: list[int] = []
    try:
        _until(lambda: job.progress is not None and "Looking" in job.progress.message)
        engine = ready_predictor(tmp_path / "slow")._engine
        seen.append(engine._process.pid)
        _until(lambda: bool(engine._process._number))  # before it is asked, nothing has to end
        job.cancel()
        assert job.wait(PATIENCE_S)
    finally:
        jobs.close()
    assert job.state is JobState.CANCELLED
    _until(lambda: not _is_running(seen[0]))


def test_one_that_ends_unasked_is_told_with_its_last_words(start: Callable[..., PeerProcess]) -> None:
    with pytest.raises(ModelNotUsable, match=r"ended unasked \(code 3\). Its last words: out of luck"):
        start(die=True).outline(_spots())


def test_a_wrong_answer_is_refused(start: Callable[..., PeerProcess]) -> None:
    with pytest.raises(ModelNotUsable, match="could not do it: ValueError: it answered"):
        start(wrong=True).outline(_spots())


def test_an_unknown_model_of_a_program_is_told(start: Callable[..., PeerProcess]) -> None:
    with pytest.raises(ModelNotUsable, match="StarDist has no model called 'none'"):
        start(model="none")


def test_weights_that_cannot_be_fetched_are_told(start: Callable[..., PeerProcess]) -> None:
    with pytest.raises(ModelNotUsable, match=r"could not fetch far .*cellwright-peers add NAME stardist"):
        start(model="far")


def test_what_is_missing_there_is_named_with_what_to_install(start: Callable[..., PeerProcess]) -> None:
    with pytest.raises(ModelNotUsable, match="pip install instanseg-torch"):
        start(peer=Peer.INSTANSEG)


def test_both_sides_speak_the_same_version() -> None:
    assert program.VERSION == VERSION
    with pytest.raises(ValueError, match="answers version 1 of the questions, not 2"):
        program.opened({"version": 2})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"answer": "ready", "version": 9, "bytes": 0}', "answers version 9 of the questions"),
        ('{"answer": "ready", "version": 1, "bytes": -5}', "makes no sense"),
        ("Hello from a chatty program", "makes no sense"),
        ("[1, 2]", "makes no sense"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch, answer: str, said: str
) -> None:
    other = tmp_path / "other.py"
    other.write_text(f"import sys\nprint({answer!r}, flush=True)\nsys.stdin.read()\n")
    monkeypatch.setattr("cellwright_peers.process.PROGRAM", other)
    with pytest.raises(ModelNotUsable, match=said):
        PeerProcess(Asked(peer=Peer.STARDIST, model="any"), environment)


def test_nothing_that_is_pickled_is_ever_read(
    tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.py"
    other.write_text(
        textwrap.dedent("""
        import io, json, sys
        import numpy as np
        held = io.BytesIO()
        np.save(held, np.array([{"a": 1}], object), allow_pickle=True)
        data = held.getvalue()
        out = sys.stdout.buffer
        out.write(json.dumps({"answer": "ready", "version": 1, "bytes": len(data)}).encode() + b"\\n" + data)
        out.flush()
        sys.stdin.read()
        """)
    )
    monkeypatch.setattr("cellwright_peers.process.PROGRAM", other)
    with pytest.raises(ModelNotUsable, match="makes no sense"):
        PeerProcess(Asked(peer=Peer.STARDIST, model="any"), environment)


def test_our_packages_stay_out_of_the_other_environment(
    start: Callable[..., PeerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(MODELS))
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert start().outline(_spots()).max() == 2


def test_where_a_program_is_installed_is_remembered(environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert python_of(Peer.STARDIST) is None
    assert main(["check", "stardist"]) == 1
    assert "pip install stardist tensorflow" in capsys.readouterr().err
    assert main(["use", "stardist", str(environment)]) == 0
    assert python_of(Peer.STARDIST) == environment
    assert json.loads(peers_path().read_text())["python"]["stardist"] == str(environment)
    assert main(["check", "stardist"]) == 0
    assert "StarDist 0.0.1 answers." in capsys.readouterr().out
    assert main(["list"]) == 0
    assert main(["forget", "stardist"]) == 0
    assert python_of(Peer.STARDIST) is None
    assert main(["use", "stardist", "/no/such/python"]) == 1


def test_a_file_that_makes_no_sense_is_named() -> None:
    peers_path().parent.mkdir(parents=True, exist_ok=True)
    peers_path().write_text('{"python": {"photoshop": "x"}}')
    with pytest.raises(BadParameter, match=r"peers\.json is wrong"):
        python_of(Peer.STARDIST)


@pytest.mark.parametrize("folder", sorted(MODELS.iterdir()), ids=lambda folder: folder.name)
def test_every_model_that_comes_along_is_whole(folder: Path) -> None:
    card = load_card(folder)
    assert find_model(card.name) == folder
    asked = read_asked(folder / ASKED_FILE)
    assert card.citations == (ABOUT[asked.peer].cite,)
    assert file_sha256(folder / ASKED_FILE) == card.weights.sha256


def test_a_model_whose_program_is_missing_says_what_to_install() -> None:
    with pytest.raises(ModelNotUsable, match=r"nobody said where that is.*cellwright-peers use stardist"):
        cw.analyze(cw.sample_picture("nuclei"), model="peer-stardist")


def test_a_graphics_card_is_not_ours_to_give(environment: Path) -> None:
    folder = MODELS / "peer-stardist"
    with pytest.raises(BadParameter, match="gives no cuda"):
        PEER.open_engine(folder, load_card(folder), "cuda")


def test_its_answers_are_objects_like_ours(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable_of(Peer.STARDIST), str(environment))
    found = cw.analyze(cw.sample_picture("nuclei"), model="peer-stardist")
    ours = cw.analyze(cw.sample_picture("nuclei"), model="nuclei-stardist")
    assert found.is_complete
    assert 0.7 * len(ours) < len(found) < 1.3 * len(ours)
    both = ((found.labels() > 0) & (ours.labels() > 0)).sum() / ((found.labels() > 0) | (ours.labels() > 0)).sum()
    assert both > 0.6
    assert set(found.objects.scores.tolist()) == {1.0}
    assert found.objects.source.startswith("model:peer-stardist@")
    assert any("StarDist 0.0.1" in note for note in found.notes())
    again = cw.analyze(cw.sample_picture("nuclei"), model="peer-stardist")
    assert again.objects.id_strings() == found.objects.id_strings()


def test_it_is_scored_beside_ours(
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    data_dir: Path,
) -> None:
    monkeypatch.setenv(variable_of(Peer.STARDIST), str(environment))
    source, data = data_dir / "nuclei_dsb2018", tmp_path / "set"
    for kind in ("images", "labels"):
        (data / kind).mkdir(parents=True)
        for path in sorted((source / kind).glob("*.png"))[:3]:
            (data / kind / path.name).write_bytes(path.read_bytes())
    assert cellwright_main(["evaluate", "--model", "peer-stardist", "--data", str(data)]) == 0
    assert "AP" in capsys.readouterr().out


def test_a_model_of_ones_own_is_made_once(tmp_path: Path, environment: Path) -> None:
    asked = Asked(peer=Peer.STARDIST, model=str(tmp_path), um_per_px=0.5, options={"above": 0.5})
    card = write_peer_model(tmp_path / "mine", asked)
    assert load_card(tmp_path / "mine") == card
    assert card.input.um_per_px == 0.5
    with pytest.raises(OutputExists):
        write_peer_model(tmp_path / "mine", asked)


def test_a_python_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_bytes(b"\x7fnonsense")
    other.chmod(other.stat().st_mode | stat.S_IXUSR)
    use(Peer.STARDIST, other)
    with pytest.raises(ModelNotUsable, match="cannot be started with"):
        cw.analyze(cw.sample_picture("nuclei"), model="peer-stardist")
    other.unlink()
    with pytest.raises(ModelNotUsable, match="is not there any more"):
        cw.analyze(cw.sample_picture("nuclei"), model="peer-stardist")


def test_an_engine_starts_its_program_anew_after_it_ended(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable_of(Peer.STARDIST), str(environment))
    folder = MODELS / "peer-stardist"
    engine = PEER.open_engine(folder, load_card(folder), "auto")
    first = engine.run(_spots()[None])
    engine.close()
    np.testing.assert_array_equal(engine.run(_spots()[None]), first)
    assert first.shape == (1, 1, 80, 96)
    engine.close()


def test_nothing_of_cellwright_is_imported_by_what_runs_there() -> None:
    folder = Path(program.__file__).parent
    for path in folder.glob("*_peer.py"):
        assert "cellwright" not in path.read_text(encoding="utf-8").casefold()
    assert "import cellwright" not in (folder / "program.py").read_text(encoding="utf-8")
    assert sys.version_info >= (3, 11)
