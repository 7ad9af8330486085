"""What tests of Cellwright and of its plugins share: drawn pictures of which everything is known. Knows core alone."""

from cellwright.testing.chest import CHEST_CLASSES, ChestPhantom
from cellwright.testing.nuclei import NUCLEI_CLASSES, Nuclei
from cellwright.testing.smear import CLASSES, Smear

__all__ = ["CHEST_CLASSES", "CLASSES", "NUCLEI_CLASSES", "ChestPhantom", "Nuclei", "Smear"]
