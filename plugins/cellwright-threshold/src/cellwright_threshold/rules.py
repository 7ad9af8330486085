"""`Rules`: everything a threshold model does, as its folder says it in ``threshold.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cellwright.core import ModelNotUsable

RULES_FILE = "threshold.json"


class Rules(BaseModel):
    """How objects are told from the ground, and from each other.

    Parameters
    ----------
    shade : "brightness", "darkness", "red", "green", "blue", "haematoxylin", "eosin" or "dab"
        What is looked at; objects have more of it than the ground. Stains are separated as by Ruifrok &
        Johnston (2001).
    method : "otsu" or "li"
        How the threshold is chosen, once for a whole picture: least variance within the two sides (Otsu, 1979), or
        least cross-entropy (Li & Tam, 1998).
    smooth_px : float
        Standard deviation of the Gaussian that takes away grain before the threshold, in pixels of the model.
    apart_px : int
        Middles of two objects lie at least so far apart, in pixels of the model.
    smallest_px : int
        Smaller objects are grain, in pixels of the model.
    separation : float
        The two sides of the threshold must differ by so many of their standard deviations, added up; else nothing is
        found. Grain alone reaches 1.33.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    shade: Literal["brightness", "darkness", "red", "green", "blue", "haematoxylin", "eosin", "dab"] = "brightness"
    method: Literal["otsu", "li"] = "otsu"
    smooth_px: float = Field(default=1.0, ge=0.0, le=20.0)
    apart_px: int = Field(default=6, ge=1, le=500)
    smallest_px: int = Field(default=20, ge=1)
    separation: float = Field(default=1.4, ge=0.0, le=10.0)


def read_rules(path: Path) -> Rules:
    """Read the rules of a model.

    Raises
    ------
    ModelNotUsable
        If the file is missing or a word of it is wrong; the message names the word.
    """
    try:
        return Rules.model_validate_json(path.read_text("utf-8"), strict=True)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelNotUsable(f"The rules {path} cannot be read: {error}. Copy the model folder again.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise ModelNotUsable(f"The rules {path} are wrong: {place}: {first['msg']}.") from error
