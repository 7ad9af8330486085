"""What tests of Cellwright and of its plugins share: a drawn smear of which every cell is known. Knows core alone."""

from cellwright.testing.smear import CLASSES, Smear

__all__ = ["CLASSES", "Smear"]
