"""`cellwright-peers`: where other programs are installed, whether they answer, and further models of theirs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cellwright.core import CellwrightError, ModelNotUsable
from cellwright.zoo import user_models_dir
from cellwright_peers import MODELS
from cellwright_peers.making import write_peer_model
from cellwright_peers.peers import ABOUT, ASKED_FILE, Asked, Peer, how_to_install, python_of, read_asked, use
from cellwright_peers.process import PeerProcess


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 where all went well, 1 where something did not."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked) or 0)
    except CellwrightError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("cellwright-peers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    names = [peer.value for peer in Peer]
    listed = commands.add_parser("list", help="say which programs can be used")
    listed.set_defaults(run=lambda _: _list())
    using = commands.add_parser("use", help="say where a program is installed")
    using.add_argument("peer", choices=names)
    using.add_argument("python", type=Path, help="the python of its environment")
    using.set_defaults(run=_use)
    forgetting = commands.add_parser("forget", help="forget where a program is installed")
    forgetting.add_argument("peer", choices=names)
    forgetting.set_defaults(run=lambda said: use(Peer(said.peer), None))
    checking = commands.add_parser("check", help="start a program and let it look at an empty picture")
    checking.add_argument("peer", choices=names)
    checking.set_defaults(run=_check)
    adding = commands.add_parser("add", help="make a model of Cellwright that asks a program for one of its models")
    adding.add_argument("name", help="what it will be called")
    adding.add_argument("peer", choices=names)
    adding.add_argument("model", help="name of one of the program's models, or the path of your own")
    adding.add_argument("--um-per-px", type=float, help="pixel size that pictures are brought to")
    adding.set_defaults(run=_add)
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _list() -> None:
    for peer in Peer:
        python = python_of(peer)
        _say(f"{peer.value:10} {python if python is not None else how_to_install(peer)}")


def _use(said: argparse.Namespace) -> None:
    use(Peer(said.peer), said.python)
    _say(f"{ABOUT[Peer(said.peer)].title} is run with {said.python}; `cellwright-peers check {said.peer}` tries it.")


def _check(said: argparse.Namespace) -> None:
    peer = Peer(said.peer)
    python = python_of(peer)
    if python is None:
        raise ModelNotUsable(how_to_install(peer))
    process = PeerProcess(read_asked(MODELS / f"peer-{peer.value}" / ASKED_FILE), python)
    try:
        process.outline(np.zeros((256, 256, 3), np.uint8))
        _say(f"{process.library} answers.")
    finally:
        process.end()


def _add(said: argparse.Namespace) -> None:
    asked = Asked(peer=Peer(said.peer), model=said.model, um_per_px=said.um_per_px)
    card = write_peer_model(user_models_dir() / said.name, asked)
    _say(f"{card.name} is among the models now: cellwright analyze PICTURE --model {card.name}")
