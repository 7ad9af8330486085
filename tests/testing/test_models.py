"""Our own models keep the laws that those of other packages inherit."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.bundled import bundled
from cellwright.testing.models import ModelTests
from cellwright.zoo import CARD_FILE

SHIPPED = sorted(path.parent for path in bundled("models").glob(f"*/{CARD_FILE}"))


class TestShippedModels(ModelTests):
    device = "cpu:torch-fp32"

    @pytest.fixture(scope="class", params=SHIPPED, ids=lambda folder: folder.name)
    def model_folder(self, request: pytest.FixtureRequest) -> Path:
        return Path(request.param)
