"""Our own panels keep the laws that those of other packages inherit."""

from __future__ import annotations

import pytest

from cellwright.testing.panels import PanelTests
from cellwright.workflows.panels import PANELS


class TestOwnPanels(PanelTests):
    @pytest.fixture(params=PANELS.own())
    def panel_name(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)
