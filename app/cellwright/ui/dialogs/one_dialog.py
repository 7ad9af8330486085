"""`OneDialog`: of dialogs that stand in the same place, the one that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog


class OneDialog:
    """Holds the dialog that is open, and lets it go when it ends."""

    def __init__(self) -> None:
        self.open: QDialog | None = None

    def show(self, dialog: QDialog) -> None:
        """Show a dialog in the place of the one that is open, if any."""
        self.close()
        self.open = dialog
        dialog.finished.connect(lambda _result: self._let_go(dialog))
        dialog.show()

    def close(self) -> None:
        """Close the dialog that is open, if any."""
        if self.open is not None:
            self.open.close()

    def _let_go(self, dialog: QDialog) -> None:
        if self.open is dialog:
            self.open = None
        dialog.deleteLater()
