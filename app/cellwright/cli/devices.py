"""Run as a program: print as JSON where networks can run. Its own process, since a broken driver can end it."""

from __future__ import annotations

import json


def devices() -> dict[str, str]:
    """Return what torch says about processor and graphics cards."""
    import torch

    found = {"CPU": f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"}
    if not torch.cuda.is_available():
        why = "this torch was built without it" if torch.version.cuda is None else "no usable card or driver"
        return {**found, "CUDA": f"none ({why})"}
    for index in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(index)
        found[f"CUDA {index}"] = f"{card.name}, {card.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"
    return found


if __name__ == "__main__":
    print(json.dumps(devices()))
