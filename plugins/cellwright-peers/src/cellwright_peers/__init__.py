"""Cellpose, StarDist and InstanSeg as models of Cellwright: each runs in an environment and a process of its own."""

from pathlib import Path

CELLWRIGHT_INTERFACE = 1
"""For which version of the plugin interface this was written."""

MODELS = Path(__file__).parent / "models"
"""The folder of the models that come along: cards, and what to ask each program for; no weights."""
