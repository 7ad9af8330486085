"""``cellwright verify``, ``rerun``, ``sign`` and ``recipe``: what can be done with the manifest of an export."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from cellwright.cli.console import console, print_json, say, watching
from cellwright.cli.main import Exit
from cellwright.core.atomic import replacing
from cellwright.workflows.analysis_recipe import recipe_of
from cellwright.workflows.manifest import read_manifest
from cellwright.workflows.rerunning import PictureRerun, Rerun, RerunManifest
from cellwright.workflows.signing import sign_manifest
from cellwright.workflows.verifying import Agreement, Verification, VerifyManifest

if TYPE_CHECKING:
    from argparse import Namespace

_SHOWN = 10
_MARKS = {Agreement.SAME: "same", Agreement.DIFFERENT: "DIFFERS", Agreement.MISSING: "MISSING", Agreement.NOTED: "note"}


def run(options: Namespace) -> int:
    """Do what was asked with a manifest."""
    return {"verify": _verify, "rerun": _rerun, "sign": _sign, "recipe": _recipe}[options.command](options)


def _verify(options: Namespace) -> int:
    operation = VerifyManifest(options.manifest, options.pictures, options.model, options.key)
    with watching(is_silent=options.json) as watcher:
        found = watcher.run(operation)
    if options.json:
        print_json(_verification_json(found))
    else:
        width = max(len(mark) for mark in _MARKS.values())
        for line in found.lines:
            console().print(f"{_MARKS[line.agreement]:<{width}}  {line.what} {line.name} {line.said}", soft_wrap=True)
        say(found.sentence())
    return Exit.DONE if found.is_good else Exit.INCOMPLETE


def _verification_json(found: Verification) -> dict[str, object]:
    return {
        "good": found.is_good,
        "said": found.sentence(),
        "lines": [
            {"what": line.what, "name": line.name, "agreement": line.agreement.value, "said": line.said}
            for line in found.lines
        ],
    }


def _rerun(options: Namespace) -> int:
    operation = RerunManifest(options.manifest, options.device, options.pictures, options.model)
    with watching(is_silent=options.json) as watcher:
        found = watcher.run(operation)
    if options.json:
        print_json(_rerun_json(found))
    else:
        for picture in found.pictures:
            _print_picture(picture, None if options.all else _SHOWN)
        said = "The same objects were found." if found.is_same else "Not everything is as it was."
        say(said)
    return Exit.DONE if found.is_same else Exit.INCOMPLETE


def _print_picture(picture: PictureRerun, most: int | None) -> None:
    mark = "same" if picture.is_same else "DIFFERS"
    console().print(f"{mark:<7}  {picture.name}: {picture.said}", soft_wrap=True)
    if picture.differences is None:
        return
    for when, objects in (("then", picture.differences.only_then), ("now", picture.differences.only_now)):
        for each in objects[:most]:
            console().print(f"         {when} alone: {each}", soft_wrap=True)
        if most is not None and len(objects) > most:
            console().print(f"         and {len(objects) - most:,} more {when}; --all names them", soft_wrap=True)


def _rerun_json(found: Rerun) -> dict[str, object]:
    return {
        "same": found.is_same,
        "pictures": [
            {
                "name": picture.name,
                "same": picture.is_same,
                "said": picture.said,
                "only_then": list(picture.differences.only_then) if picture.differences else [],
                "only_now": list(picture.differences.only_now) if picture.differences else [],
            }
            for picture in found.pictures
        ],
    }


def _sign(options: Namespace) -> int:
    read_manifest(options.manifest)  # nothing else is signed by mistake
    path = sign_manifest(
        options.manifest,
        options.key,
        lambda: getpass.getpass(f"Password of {options.key}: "),
        overwrite=options.overwrite,
    )
    say(f"Written: {path}")
    return Exit.DONE


def _recipe(options: Namespace) -> int:
    text = recipe_of(read_manifest(options.manifest)).to_toml()
    if options.out is None:
        print(text, end="")
        return Exit.DONE
    with replacing(options.out, overwrite=options.overwrite) as part:
        part.write_text(text, encoding="utf-8")
    say(f"Written: {options.out}")
    return Exit.DONE
