"""`LineageView`: tuned models below what they came from, each with what was found of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from cellwright.zoo import score_title

_COLUMNS = ("Model", "Held-out score", "Learned from", "Made")


class LineageView(QTreeWidget):
    """A tree: originals at the top, below each what was taught from it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Where models come from")
        self.setToolTip("Every model taught here, below the one that it began from.")
        self.setHeaderLabels(list(_COLUMNS))
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.setMinimumHeight(72)

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        """Show the rows of `zoo.lineage.lineage_rows`."""
        self.clear()
        items: dict[str, QTreeWidgetItem] = {}
        in_use = {row["family"]: row["name"] for row in rows if row["is_in_use"]}
        for row in rows:
            family = row["family"]
            if family not in items:
                items[family] = self._item(None, [_named(family, is_in_use=family not in in_use), "", "original", ""])
        for row in rows:
            parent = row["parent"].partition("@")[0]
            item = self._item(
                items.get(parent, items[row["family"]]),
                [
                    _named(row["name"], is_in_use=row["is_in_use"]),
                    _score(row),
                    f"{row['objects']:,} objects, {row['pictures']:,} pictures",
                    row["made"][:16].replace("T", " "),
                ],
            )
            item.setToolTip(1, str(row["verdict"].get("sentence", "")))
            item.setData(0, Qt.ItemDataRole.UserRole, row["name"])
            items[row["name"]] = item
        self.expandAll()

    def _item(self, parent: QTreeWidgetItem | None, cells: list[str]) -> QTreeWidgetItem:
        item = QTreeWidgetItem(cells)
        if parent is None:
            self.addTopLevelItem(item)
        else:
            parent.addChild(item)
        return item


def _named(name: str, *, is_in_use: bool) -> str:
    return f"{name}  (in use)" if is_in_use else name


def _score(row: dict[str, Any]) -> str:
    verdict = row["verdict"]
    if not verdict.get("metric"):
        return "not judged"
    gain = verdict["gain"]
    said = "better" if row["is_better"] else "not better"
    return f"{score_title(verdict['metric'])} {gain['old']:.3f} → {gain['tuned']:.3f}, {said}"
