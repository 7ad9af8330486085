"""The page beside an exported model: what goes in, what comes out, how good it is, and how to check that it runs."""

from __future__ import annotations

from cellwright.zoo import ModelCard
from cellwright.zoo.bioimageio_writing import TOLERANCE
from cellwright.zoo.recorded import recorded_network

_READS = {
    "boxes": "(N, A, 4 + C): y0, x0, y1, x1 in pixels of the input, then the probability of each class. "
    "Suppression is not part of the network.",
    "regions": "(1, D, 6 + M·M): y0, x0, y1, x1, score, number of the class, and a mask of M×M values in the box.",
    "stars": "(N, 1 + R + g², h, w) at every g-th pixel: probability of an object, rays to its edge in pixels (the "
    "first to the right, then clockwise on the screen), and which of the g² pixels belong to objects.",
    "touching": "(N, 3, H, W): probability of ground, inside and boundary.",
    "classes": "(N, 1 + C, H, W): probability of the ground and of each class.",
    "picture": "(N, C): probability of each class for the whole picture.",
}


def page_of(card: ModelCard, made: ModelCard, kind: str, opset: int | None, note: str) -> str:
    """Return the page of an exported model, in Markdown.

    Parameters
    ----------
    card : ModelCard
        Of the model.
    made : ModelCard
        Of what was written.
    kind : str
        The format.
    opset : int or None
        Of an ONNX file.
    note : str
        What else to know; may be empty.
    """
    fixed = recorded_network(made).input.fixed_px
    size = f"sides of {fixed} pixels, no other" if fixed else f"sides that are multiples of {made.input.stride}"
    made_from = f"Written by Cellwright from `{made.parent}`" + (f", ONNX operator set {opset}." if opset else ".")
    seen = card.metrics.data if card.metrics else "nothing yet"
    scores = {} if card.metrics is None else card.metrics.named()
    judged = [f"- {name}: {value:.3f}" for name, value in scores.items()]
    return "\n".join(
        [
            f"# {card.title}",
            "",
            card.summary,
            "",
            made_from,
            *([note] if note else []),
            "",
            "## In",
            "",
            f"`images`: float32 (N, 3, H, W) in 0 … 1, red, green, blue; {size}. {_shown(card)}",
            "",
            "## Out",
            "",
            f"`answer`: float32 {_READS[card.decoding.kind]}",
            f"Classes: {', '.join(card.class_names)}.",
            "",
            "## Validation",
            "",
            (
                f"To `test_input.npy` the network must answer with `test_output.npy`, within {TOLERANCE:g} of each "
                f"number and {TOLERANCE:g} besides{_before(kind)}. On {seen}:"
            ),
            "",
            *(judged or ["- not judged"]),
            "",
            "## Licence",
            "",
            card.licence or "not stated",
            "",
            *[f"- {citation}" for citation in card.citations],
            "",
        ]
    )


def _shown(card: ModelCard) -> str:
    if card.input.contrast == "percentile":
        low, high = card.input.percentiles
        return f"The {low:g}th percentile of the whole picture is 0, the {high:g}th is 1, and nothing is beyond."
    return "The 256 steps of an 8-bit picture, divided by 255."


def _before(kind: str) -> str:
    return " (the input before the steps of the description)" if kind == "bioimageio" else ""
