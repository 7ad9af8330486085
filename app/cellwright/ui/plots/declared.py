"""The panel of plots as it is registered; nothing is imported that draws."""

from cellwright.workflows.panels import Panel

PLOTS = Panel(
    "Plots",
    "cellwright.ui.plots.plots:make_plots",
    order=250,
    tooltip="Histograms, scatter plots, boxes and counts of the cells; draw a gate to select cells.",
    actions=(("plots.show", ""), ("plots.colour", "colour_picture"), ("plots.keep", "keep_only")),
)
