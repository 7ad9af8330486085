"""What the documents tell a person to type: every command in them is one that the command line understands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from cellwright.cli.parser import parse

ROOT = Path(__file__).parents[2]
FOLDERS = ("", "docs", "models/*", "plugins/*")
PAGES = [page for folder in FOLDERS for page in sorted(ROOT.glob(f"{folder}/*.md".lstrip("/")))]


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of every line in a block that begins with the program's name; what is in brackets is no word."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    for block in re.findall(r"^```(?:sh|console|bash)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            said = line.strip().removeprefix("$ ").removeprefix(".venv/bin/")
            if said.startswith("cellwright "):
                words = shlex.split(said.partition(" [")[0], comments=True)
                yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_shows_is_understood(page: Path) -> None:
    for words in commands(page):
        assert parse(words).command == words[0], words


def test_there_are_commands_on_the_pages() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 50
