"""`Crops`: which objects of a detector a classifier tells apart, and how it wants them cut out."""

from __future__ import annotations

from pydantic import Field, model_validator

from cellwright.zoo.part import Part, Positive


class Crops(Part):
    """How a classifier looks at what a detector found.

    A crop is a square about the middle of an object's box. Its side is `side_um` where the size of a pixel is known,
    else `side_rulers` typical objects of the class `ruler`, where a picture shows enough of them to tell, else
    `side_boxes` long sides of the object's own box.

    Parameters
    ----------
    of : tuple of str
        Names of the detector's classes whose objects are looked at: ``("WBC",)``.
    side_um : float or None
        Side of a crop in µm.
    ruler : str
        Class of the detector whose objects are all about equally large, as red cells are; empty where there is none.
    side_rulers : float or None
        Side of a crop in median diameters of the ruler.
    side_boxes : float
        Side of a crop in long sides of the object's box.
    """

    of: tuple[str, ...] = Field(min_length=1)
    side_um: Positive | None = None
    ruler: str = ""
    side_rulers: Positive | None = None
    side_boxes: float = Field(default=1.9, ge=1.0, le=16.0)

    @model_validator(mode="after")
    def _ruler_has_a_length(self) -> Crops:
        if bool(self.ruler) != (self.side_rulers is not None):
            raise ValueError("ruler and side_rulers belong together; give both or none")
        return self
