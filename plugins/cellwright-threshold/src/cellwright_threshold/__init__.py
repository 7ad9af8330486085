"""Cells by one threshold a picture and a watershed of distances: a model without a network, for Cellwright."""

from pathlib import Path

CELLWRIGHT_INTERFACE = 1
"""For which version of the plugin interface this was written."""

MODELS = Path(__file__).parent / "models"
"""The folder of the models that come along."""
