"""A report as one HTML file that loads nothing: pictures and plots are in it, and a browser prints it as it is."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core.atomic import replacing
from cellwright.export.colour import ink_on, rgb_of
from cellwright.export.overlay import LegendEntry
from cellwright.export.report_charts import chart_svg
from cellwright.export.report_document import (
    Block,
    Chart,
    Facts,
    Figure,
    Grid,
    Heading,
    Paragraph,
    Report,
    SignOff,
    Tone,
    plain_text,
)

_JPEG_QUALITY = 90

# Nothing may be fetched or run, whatever a name in the report says.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 960px; padding: 32px 24px 64px; background: #fff; color: #1a1a1a;
  font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 28px; line-height: 1.2; margin: 0; }
.subtitle { color: #5c5c5c; margin: 4px 0 20px; }
h2 { font-size: 19px; margin: 36px 0 10px; padding-bottom: 4px; border-bottom: 1px solid #c9c9c9; }
p { margin: 8px 0; }
.quiet { color: #5c5c5c; font-size: 13px; }
.warning { border: 1px solid #b35c00; border-left-width: 5px; background: #fff7ec; padding: 8px 12px; }
dl { display: grid; grid-template-columns: minmax(130px, max-content) 1fr; gap: 3px 18px; margin: 10px 0; }
dt { color: #5c5c5c; } dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 10px 0 4px; font-size: 14px;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid #e3e3e3; vertical-align: top; }
thead th { border-bottom: 1.5px solid #1a1a1a; font-weight: 600; }
tbody th { font-weight: 400; }
.number { text-align: right; }
.sum th, .sum td { border-top: 1px solid #1a1a1a; font-weight: 600; }
.charts { display: flex; flex-wrap: wrap; gap: 8px 24px; }
.charts figure { flex: 0 1 calc(50% - 12px); min-width: 300px; }
figure { margin: 14px 0; break-inside: avoid; }
img { display: block; max-width: 100%; height: auto; }
figcaption { color: #5c5c5c; font-size: 13px; margin-top: 6px; }
.keys { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0 0; padding: 0; font-size: 13px; }
.badge { display: inline-block; width: 18px; height: 18px; line-height: 18px; text-align: center; font-size: 11px;
  margin-right: 6px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.sign { border: 1px solid #1a1a1a; padding: 12px 16px; break-inside: avoid; }
.sign .lines { display: grid; grid-template-columns: 2fr 1fr 2fr; gap: 24px; margin-top: 40px; }
.sign .lines span { border-top: 1px solid #1a1a1a; padding-top: 4px; font-size: 13px; color: #5c5c5c; }
footer { margin-top: 48px; border-top: 1px solid #c9c9c9; padding-top: 8px; color: #5c5c5c; font-size: 12px; }
@media print {
  @page { size: A4; margin: 16mm 15mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, caption { break-after: avoid; } thead { display: table-header-group; } tr, .keys { break-inside: avoid; }
  table { font-size: 9pt; } .wide { overflow: visible; } figure img { max-height: 220mm; }
}
"""


def write_html_report(path: str | Path, report: Report, *, overwrite: bool = False) -> Path:
    """Write a report as one HTML file.

    Parameters
    ----------
    path : str or Path
        The file.
    report : Report
        What it says; whatever text it holds is shown as text.
    overwrite : bool
        Whether a file already there may be replaced.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(report_html(report), encoding="utf-8")
    return Path(path)


def report_html(report: Report) -> str:
    """Return a report as HTML."""
    title = _text(report.title)
    lines = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="Cellwright">',
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
        f'<header><h1>{title}</h1><p class="subtitle">{_text(report.subtitle)}</p></header>',
        *_sections(report.blocks),
        f"</main>\n<footer><p>{_text(report.foot)}</p></footer>\n</body>\n</html>\n",
    ]
    return "\n".join(lines)


def _sections(blocks: Any) -> Iterator[str]:
    number, is_open, in_charts = 0, False, False
    for block in blocks:
        if in_charts and not _is_small(block):
            yield "</div>"
            in_charts = False
        if isinstance(block, Heading):
            number += 1
            if is_open:
                yield "</section>"
            yield f'<section aria-labelledby="part-{number}"><h2 id="part-{number}">{_text(block.text)}</h2>'
            is_open = True
            continue
        if _is_small(block) and not in_charts:
            yield '<div class="charts">'
            in_charts = True
        yield _WRITE[type(block)](block)
    yield ("</div>" if in_charts else "") + ("</section>" if is_open else "")


def _is_small(block: Block) -> bool:
    return isinstance(block, Chart) and block.width <= 0.5


def _paragraph(block: Paragraph) -> str:
    kind = "" if block.tone is Tone.PLAIN else f' class="{block.tone.value}"'
    role = ' role="note"' if block.tone is Tone.WARNING else ""
    return f"<p{kind}{role}>{_text(block.text)}</p>"


def _facts(block: Facts) -> str:
    rows = "\n".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in block.rows)
    return f"<dl>\n{rows}\n</dl>"


def _grid(block: Grid) -> str:
    kinds = [' class="number"' if column.is_number else "" for column in block.columns]
    head = "".join(f'<th scope="col"{kind}>{_text(c.name)}</th>' for c, kind in zip(block.columns, kinds, strict=True))
    lines = [
        f'<div class="wide"><table><caption>{_text(block.title)}</caption>',
        f"<thead><tr>{head}</tr></thead><tbody>",
    ]
    first_sum = len(block.rows) - block.sums
    for number, row in enumerate(block.rows):
        cells = [f'<th scope="row"{kinds[0]}>{_text(row[0])}</th>']
        cells += [f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(row[1:], kinds[1:], strict=True)]
        kind = ' class="sum"' if number >= first_sum else ""
        lines.append(f"<tr{kind}>{''.join(cells)}</tr>")
    note = f'<p class="quiet">{_text(block.note)}</p>' if block.note else ""
    return "\n".join([*lines, f"</tbody></table></div>{note}"])


def _figure(block: Figure) -> str:
    picture = _image(_jpeg(block.pixels), "image/jpeg", block.alt, f"width: {block.width:.0%}")
    keys = "".join(_key(entry) for entry in block.keys)
    said = f'<ul class="keys">{keys}</ul>' if keys else ""
    return f"<figure>{picture}{said}<figcaption>{_text(block.caption)}</figcaption></figure>"


def _key(entry: LegendEntry) -> str:
    red, green, blue = rgb_of(entry.colour)
    style = f"background: rgb({red}, {green}, {blue}); color: {ink_on(entry.colour)}"
    return f'<li><span class="badge" style="{style}">{_text(entry.badge)}</span>{_text(entry.text)}</li>'


def _chart(block: Chart) -> str:
    picture = _image(chart_svg(block, 7.2 * block.width), "image/svg+xml", block.alt, "width: 100%")
    return f"<figure>{picture}<figcaption>{_text(block.caption)}</figcaption></figure>"


def _sign_off(block: SignOff) -> str:
    said = f"<p>{_text(block.said)}</p>"
    if block.is_blocked:
        return f'<div class="sign warning" role="note">{said}</div>'
    if block.who:
        facts = Facts((("Signed by", block.who), ("Date", block.when)))
        return f'<div class="sign">{said}{_facts(facts)}</div>'
    lines = "".join(f"<span>{name}</span>" for name in ("Name", "Date", "Signature"))
    return f'<div class="sign">{said}<div class="lines">{lines}</div></div>'


_WRITE: dict[type, Callable[[Any], str]] = {
    Paragraph: _paragraph,
    Facts: _facts,
    Grid: _grid,
    Figure: _figure,
    Chart: _chart,
    SignOff: _sign_off,
}


def _image(data: bytes, kind: str, alt: str, style: str) -> str:
    coded = base64.b64encode(data).decode("ascii")
    return f'<img src="data:{kind};base64,{coded}" alt="{_text(alt)}" style="{style}">'


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    # Colours of thin lines are kept: halving them, as is usual, would grey outlines.
    Image.fromarray(pixels).save(made, format="JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return made.getvalue()


def _text(text: str) -> str:
    return escape(plain_text(text), quote=True)
