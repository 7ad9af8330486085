"""Every engine gives the same boxes, keeps to itself, and finds a way when memory runs short."""

from __future__ import annotations

import faulthandler
import gc
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.core import BadParameter, ModelNotUsable
from cellwright.inference import Predictor, has_native_bf16, network_threads, open_predictor
from cellwright.inference import openvino_engine as ov_engine
from cellwright.zoo import load_card
from tests.clean_process import run_in_clean_process

needs_openvino = pytest.mark.skipif(not ov_engine.is_installed(), reason="OpenVINO is not installed")
REPOSITORY = Path(__file__).resolve().parents[2]


def pictures(n: int, height: int, width: int) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(3).integers(0, 256, (n, height // 8, width // 8, 3), np.uint8)
    return coarse.repeat(8, 1).repeat(8, 2)


@needs_openvino
@pytest.mark.parametrize("shape", [(1, 96, 160), (2, 160, 160), (1, 64, 32)])
def test_openvino_answers_like_torch_at_any_shape(tiny_model: Path, shape: tuple[int, int, int]) -> None:
    images = pictures(*shape)
    ours = open_predictor(tiny_model, "cpu:openvino-f32").predict(images)
    theirs = open_predictor(tiny_model, "cpu:torch-fp32").predict(images)
    assert ours.shape == theirs.shape
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours[..., :4], theirs[..., :4], atol=0.02)  # pixels
    np.testing.assert_allclose(ours[..., 4:], theirs[..., 4:], atol=1e-4)


def let_go_in_turn(folder: str) -> None:
    """Let go of two engines in the order in which they came, one on another thread; then a child process ends."""
    faulthandler.enable()  # a stack for signals
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    engines = [ov_engine.OpenvinoEngine(Path(folder), load_card(Path(folder))) for _ in range(3)]
    for engine in engines:
        engine.run(pictures(1, 64, 64))
    del engine
    engines.pop(0)
    gc.collect()
    thread = threading.Thread(target=engines.pop)
    thread.start()
    thread.join()
    engines.clear()
    gc.collect()
    subprocess.run([sys.executable, "-c", ""], check=True)


@needs_openvino
@pytest.mark.skipif(not hasattr(signal, "SIGCHLD"), reason="children end without a signal here")
def test_engines_that_go_take_no_stack_along_that_signals_need(tiny_model: Path) -> None:
    run_in_clean_process(let_go_in_turn, tiny_model)


@needs_openvino
def test_answers_of_two_calls_do_not_share_memory(tiny_model: Path) -> None:
    predictor = open_predictor(tiny_model, "cpu:openvino")
    first = predictor.predict(pictures(1, 64, 64))
    before = first.copy()
    predictor.predict(255 - pictures(1, 64, 64))
    assert (first == before).all()


@pytest.mark.parametrize("device", ["cpu:torch-fp32", "cpu:openvino-f32"])
def test_two_pictures_at_once_are_answered_like_one_after_the_other(tiny_model: Path, device: str) -> None:
    if "openvino" in device and not ov_engine.is_installed():
        pytest.skip("OpenVINO is not installed")
    predictor = open_predictor(tiny_model, device)
    images = pictures(3, 96, 96)
    together = predictor.predict(images)
    alone = np.concatenate([predictor.predict(images[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(together, alone, atol=1e-3)


@needs_openvino
def test_a_converted_model_is_used_again_without_torch(tiny_model: Path, converted: Path) -> None:
    expected = open_predictor(tiny_model, "cpu:openvino").predict(pictures(1, 64, 64))
    np.save(converted / "expected.npy", expected)
    np.save(converted / "images.npy", pictures(1, 64, 64))
    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from cellwright.inference import open_predictor\n"
        f"images, expected = (np.load(Path({str(converted)!r}) / name) for name in ('images.npy', 'expected.npy'))\n"
        f"answer = open_predictor({str(tiny_model)!r}, 'cpu:openvino').predict(images)\n"
        "assert (answer == expected).all()\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=child_environment(converted))


@needs_openvino
@pytest.mark.parametrize("device", ["cpu:openvino-f32", "cpu:openvino"])
def test_the_first_answer_is_that_of_every_later_run(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setenv("CELLWRIGHT_CACHE_DIR", str(tmp_path))
    images = pictures(24, 160, 160)
    first = open_predictor(tiny_model, device).predict(images)
    later = open_predictor(tiny_model, device).predict(images)
    assert (first == later).all()


@needs_openvino
def test_a_damaged_conversion_is_made_anew(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLWRIGHT_CACHE_DIR", str(tmp_path))
    expected = open_predictor(tiny_model, "cpu:openvino").predict(pictures(1, 64, 64))
    (weights,) = tmp_path.glob("openvino/*/model.bin")
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 255
    weights.write_bytes(data)
    again = open_predictor(tiny_model, "cpu:openvino")
    assert (again.predict(pictures(1, 64, 64)) == expected).all()
    assert weights.read_bytes() != bytes(data)
    assert again.notes == ()


@needs_openvino
def test_a_cache_that_cannot_be_written_is_a_note_and_no_failure(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CELLWRIGHT_CACHE_DIR", str(tmp_path / "file"))
    predictor = open_predictor(tiny_model, "cpu:openvino")
    assert predictor.predict(pictures(1, 64, 64)).shape[0] == 1
    assert "could not be kept" in predictor.notes[0]


@needs_openvino
def test_openvino_opens_no_socket_and_forks_no_reporter(tiny_model: Path, tmp_path: Path) -> None:
    # OpenVINO's reports are sent from a forked process, so a fork is as telling as a socket.
    code = (
        "import sys\n"
        "seen = []\n"
        "watched = ('socket.', 'urllib.', 'os.fork', 'os.system')\n"
        "sys.addaudithook(lambda event, args: event.startswith(watched) and seen.append((event, str(args))))\n"
        "import numpy as np\n"
        "from cellwright.inference import open_predictor\n"
        f"predictor = open_predictor({str(tiny_model)!r}, 'cpu:openvino')\n"
        "predictor.predict(np.zeros((1, 64, 64, 3), np.uint8))\n"
        "assert 'openvino' in sys.modules and 'torch' in sys.modules\n"
        "import threading; assert threading.active_count() == 1, threading.enumerate()\n"
        "assert not seen, seen\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
    )
    environment = child_environment(tmp_path) | {"HOME": str(tmp_path), "CI": ""}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert not (tmp_path / "intel").exists()  # where it keeps a number for this person


def test_threads_are_those_the_person_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLWRIGHT_THREADS", "3")
    assert network_threads() == 3
    monkeypatch.setenv("CELLWRIGHT_THREADS", "")
    assert network_threads() >= 1
    for bad in ("0", "-1", "many", "1.5"):
        monkeypatch.setenv("CELLWRIGHT_THREADS", bad)
        with pytest.raises(BadParameter, match="CELLWRIGHT_THREADS"):
            network_threads()


@pytest.mark.parametrize("device", ["gpu", "cpu:tpu", "cuda:none", "cuda:99", ""])
def test_a_device_that_is_not_here_is_a_sentence(tiny_model: Path, device: str) -> None:
    with pytest.raises(BadParameter):
        open_predictor(tiny_model, device)


def test_damaged_weights_are_refused_before_anything_runs(tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "damaged")
    with (folder / "weights.safetensors").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelNotUsable, match="sha256 differs"):
        open_predictor(folder)


@pytest.mark.parametrize("shape", [(1, 60, 64, 3), (64, 64, 3), (1, 64, 64, 4)])
def test_pictures_of_another_form_are_refused(tiny_model: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadParameter, match="multiples of 32"):
        open_predictor(tiny_model, "cpu:torch-fp32").predict(np.zeros(shape, np.uint8))


class Forgetful:
    """An engine with memory for few pictures, which answers with the mean of each."""

    name, device, notes = "forgetful", "cuda:0", ()

    def __init__(self, room: int, batch: int = 8) -> None:
        self.room, self.batch, self.closed = room, batch, 0

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(images) > self.room:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        means: NDArray[np.float32] = images.mean((1, 2, 3), keepdims=True)[..., 0].astype(np.float32)
        return means

    def close(self) -> None:
        self.closed += 1


def test_short_memory_halves_the_batch_and_says_so(tiny_model: Path) -> None:
    engine = Forgetful(room=2)
    predictor = Predictor(tiny_model, load_card(tiny_model), engine)
    images = pictures(8, 32, 32)
    answer = predictor.predict(images)
    np.testing.assert_allclose(answer[:, 0, 0], images.mean((1, 2, 3)), rtol=1e-5)
    assert predictor.batch == 2
    assert [note.split(":")[1].strip() for note in predictor.notes] == [
        "0 ran short",
        "0 ran short",
    ]
    assert "2 tiles at a time instead of 4" in predictor.notes[1]


def test_a_tile_too_large_for_the_gpu_goes_to_the_cpu(tiny_model: Path) -> None:
    predictor = Predictor(tiny_model, load_card(tiny_model), Forgetful(room=0, batch=2))
    answer = predictor.predict(pictures(2, 64, 64))
    assert answer.shape[::2] == (2, 7)
    assert predictor.device == "cpu"
    assert "the CPU takes over" in predictor.notes[-1]


def test_an_error_that_is_not_about_memory_is_not_swallowed(tiny_model: Path) -> None:
    class Broken(Forgetful):
        def run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        Predictor(tiny_model, load_card(tiny_model), Broken(room=9)).predict(pictures(1, 32, 32))


@pytest.mark.skipif(not has_native_bf16(), reason="needs a CPU that multiplies bfloat16, else nothing chooses it")
@pytest.mark.parametrize("device", ["cpu", "cpu:torch"])
def test_a_cpu_that_multiplies_bf16_uses_it(tiny_model: Path, device: str) -> None:
    assert open_predictor(tiny_model, device).engine.endswith("bf16")


def test_cuda_answers_like_the_cpu(tiny_model: Path) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs CUDA")
    predictor = open_predictor(tiny_model, "cuda")
    for shape in [(3, 96, 160), (1, 64, 64), (3, 96, 160)]:
        ours = predictor.predict(pictures(*shape))
        theirs = open_predictor(tiny_model, "cpu:torch-fp32").predict(pictures(*shape))
        np.testing.assert_allclose(ours[..., :4], theirs[..., :4], atol=2.0)
        np.testing.assert_allclose(ours[..., 4:], theirs[..., 4:], atol=0.08)
    assert predictor.notes == ()


def child_environment(cache: Path) -> dict[str, str]:
    import os

    return os.environ | {
        "PYTHONPATH": str(REPOSITORY / "app"),
        "CELLWRIGHT_CACHE_DIR": str(cache),
        "PYTHONWARNINGS": "ignore",
    }
