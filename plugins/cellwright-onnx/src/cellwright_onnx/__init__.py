"""Models that other programs recorded, as ONNX or TorchScript, run by Cellwright tile by tile as its own are."""

CELLWRIGHT_INTERFACE = 1

__all__ = ["CELLWRIGHT_INTERFACE"]
