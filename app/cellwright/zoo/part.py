"""`Part`: what every piece of a card has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class Part(BaseModel):
    """A piece of a card: unknown words are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
