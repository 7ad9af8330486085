"""What is drawn over the picture, kept in a person's settings between two starts."""

from __future__ import annotations

from cellwright.settings import Settings
from cellwright.ui.canvas.options import CanvasOptions
from cellwright.ui.state.colouring import colouring_of

_FAINTEST = 0.1


def options_of(settings: Settings) -> CanvasOptions:
    """Return what was drawn last."""
    return CanvasOptions(
        boxes=settings.show_boxes,
        labels=settings.show_labels,
        scale_bar=settings.show_scale_bar,
        # what is drawn can be seen: a layer is hidden by its box, not by its slider
        opacity=max(_FAINTEST, settings.overlay_opacity),
        outlines=settings.show_outlines,
        fill=settings.show_fill,
        points=settings.show_points,
        boxes_too=settings.show_boxes_too,
        density=settings.show_density,
        coverage=settings.show_coverage,
        overview=settings.show_overview,
        outlines_opacity=max(_FAINTEST, settings.outlines_opacity),
        fill_opacity=max(_FAINTEST / 2, settings.fill_opacity),
        points_opacity=max(_FAINTEST, settings.points_opacity),
        colour_by=colouring_of(settings.colour_by),
    )


def remember(options: CanvasOptions, settings: Settings) -> None:
    """Write what is drawn into the settings."""
    settings.show_boxes, settings.show_labels = options.boxes, options.labels
    settings.show_scale_bar, settings.overlay_opacity = options.scale_bar, options.opacity
    settings.show_outlines, settings.show_fill, settings.show_points = options.outlines, options.fill, options.points
    settings.show_boxes_too = options.boxes_too
    settings.show_density, settings.show_coverage = options.density, options.coverage
    settings.show_overview = options.overview
    settings.outlines_opacity, settings.fill_opacity = options.outlines_opacity, options.fill_opacity
    settings.points_opacity = options.points_opacity
    settings.colour_by = options.colour_by.value
