from __future__ import annotations

import subprocess
import sys


def test_importing_the_window_loads_neither_torch_nor_napari() -> None:
    script = (
        "import sys, cellwright.ui;"
        "heavy = [n for n in ('torch', 'napari', 'vispy', 'openvino', 'pandas', 'scipy', 'numba') if n in sys.modules];"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
