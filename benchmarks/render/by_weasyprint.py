"""The same invoice by WeasyPrint: HTML and CSS, with what it needs kept between documents."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

FONTS = Path(__file__).resolve().parents[2] / "layers" / "rendering" / "fonts"
Json = dict[str, Any]

STYLE = """
@font-face { font-family: Inter; font-weight: 400; src: url(Inter-Regular.ttf); }
@font-face { font-family: Inter; font-weight: 500; src: url(Inter-Medium.ttf); }
@font-face { font-family: Inter; font-weight: 600; src: url(Inter-SemiBold.ttf); }
@page { size: letter; margin: .85in .8in;
  @bottom-left { content: string(reference); font: 7.5pt Inter; color: #5c666f }
  @bottom-right { content: "Page " counter(page) " of " counter(pages);
    font: 7.5pt Inter; color: #5c666f } }
body { font: 9pt/1.3 Inter; color: #1c2126; margin: 0 }
h1 { font-size: 21pt; font-weight: 600; color: #1f3a5f; string-set: reference attr(title) }
h2 { font-size: 12pt; font-weight: 600; color: #1f3a5f; margin: 24pt 0 9pt }
h3 { font-size: 9.5pt; font-weight: 600; margin: 14pt 0 6pt }
h1, h2, h3, h4 { break-after: avoid } h4 { font-size: 8pt; font-weight: 500; margin: 8pt 0 5pt }
header { display: flex; justify-content: space-between; border-bottom: 1.5pt solid #2c7772 }
.parties, .due { display: flex; gap: 28pt } .parties > *, .due > * { flex: 1 }
.due { background: #f1f3f5; border-radius: 4pt; padding: 15pt 16pt; margin-top: 16pt }
.due strong { font-size: 23pt; font-weight: 600; color: #1f3a5f }
table { width: 100%; border-collapse: collapse }
td, th { padding: 5.5pt 4pt; border-bottom: .5pt solid #d5dade; text-align: left;
  vertical-align: top; font-weight: 400 }
thead th { font-size: 7.5pt; font-weight: 500; color: #5c666f; border-bottom: .8pt solid #5c666f }
tr { break-inside: avoid }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.section th { font-weight: 600; color: #1f3a5f; padding-top: 15pt; break-after: avoid }
.soft, .note, .clause { color: #5c666f } .note { font-size: .83em } .clause { font-size: .78em }
.compact td, .compact th { padding: 3.5pt 4pt; font-size: 8.5pt; border-bottom: none }
.totals td { font-size: 11pt; font-weight: 600; color: #1f3a5f }
.names { columns: 4; column-gap: 12pt; font-size: 8pt } .names div { margin-bottom: 4.5pt }
.together { font-size: 7.5pt } dt { font-weight: 500 } dl { margin: 0 }
"""


def maker(variant: str | None) -> Callable[[Json], bytes]:
    """A function that makes the PDF of an invoice; fonts and styles are read once.

    Args:
        variant: of PDF, "pdf/a-3a" for a tagged and archivable one; None for a plain one.
    """
    weasyprint = importlib.import_module("weasyprint")
    fonts = importlib.import_module("weasyprint.text.fonts").FontConfiguration()
    base = f"{FONTS}/"
    style = weasyprint.CSS(string=STYLE, font_config=fonts, base_url=base)

    def make(content: Json) -> bytes:
        document = weasyprint.HTML(string="".join(_page(content)), base_url=base)
        options = {} if variant is None else {"pdf_variant": variant, "pdf_tags": True}
        made: bytes = document.write_pdf(stylesheets=[style], font_config=fonts, **options)
        return made

    return make


def _page(content: Json) -> Iterator[str]:
    words = content["words"]
    yield f'<!doctype html><html lang="en"><head><title>{escape(content["title"])}</title></head>'
    yield f"<body><header><h2>{escape(content['provider']['name'])}</h2>"
    yield _lines([*content["provider"]["address"], *content["provider"]["contact"]])
    yield f'</header><h1 title="{escape(content["reference"])}">{escape(content["heading"])}</h1>'
    yield f'<div class="parties"><div>{escape(words["bill_to"])}{_lines(content["bill_to"])}</div>'
    yield _table([], content["facts"], "") + "</div>"
    due, payment = content["due"], content["payment"]
    yield f'<div class="due"><div>{escape(due["label"])}<br>'
    yield f"<strong>{escape(due['amount'])}</strong><br>{escape(due['by'])}</div>"
    yield f"<div>{escape(payment['title'])}"
    yield _lines(payment["lines"]) + "</div></div>"
    overview = content["overview"]
    if overview is not None:
        rows = [[row["title"], row["amount"]] for row in overview["rows"]] + [overview["total"]]
        yield f"<h2>{escape(overview['title'])}</h2>"
        yield _table([words["description"], words["amount"]], rows, "l")
    for block in content["blocks"]:
        yield f"<h2>{escape(block['title'])}</h2>"
        if block["kind"] == "contents":
            rows = [[row["title"], row["amount"]] for row in block["rows"]]
            yield _table([block["head"], words["amount"]], rows, "l")
        else:
            yield from _charges(block["sections"], content)
    yield from _counts(content["counts"], words, compact=content["compact"])
    yield f"<h2>{escape(content['clauses']['title'])}</h2><p>{content['clauses']['made_from']}</p>"
    for row in content["clauses"]["rows"]:
        yield f"<p>{row['number']} <b>{escape(row['title'])}</b>. {escape(row['text'])}</p>"
    yield "</body></html>"


def _charges(sections: list[Json], content: Json) -> Iterator[str]:
    words = content["words"]
    yield f'<table class="{"compact" if content["compact"] else ""}"><thead><tr>'
    for name, kind in _COLUMNS:
        yield f'<th class="{kind}">{escape(words[name])}</th>'
    yield "</tr></thead>"
    for section in sections:
        yield "<tbody>"
        if section["title"] is not None:
            yield f'<tr class="section"><th colspan="4">{escape(section["title"])}</th>'
            yield f'<th colspan="2" class="number">{section["amount"]}</th></tr>'
        for line in section["lines"]:
            note = f'<div class="note">{escape(line["note"])}</div>' if line["note"] else ""
            yield (
                f'<tr><td class="note">{escape(line["code"])}</td>'
                f"<td>{escape(line['description'])} "
                f'<span class="clause">{line["clause"]}</span>{note}</td>'
                f'<td class="number">{line["quantity"]}</td>'
                f'<td class="soft">{escape(line["unit"])}</td>'
                f'<td class="number">{line["unit_price"]}</td>'
                f'<td class="number">{line["amount"]}</td></tr>'
            )
        yield "</tbody>"
    yield '<tbody class="totals">'
    for row in content["totals"]:
        yield f'<tr><td colspan="4" class="number">{escape(row["label"])}</td>'
        yield f'<td colspan="2" class="number">{row["amount"]}</td></tr>'
    yield "</tbody></table>"


_COLUMNS = (
    ("code", ""),
    ("description", ""),
    ("quantity", "number"),
    ("unit", ""),
    ("unit_price", "number"),
    ("amount", "number"),
)


def _counts(counts: Json, words: dict[str, str], *, compact: bool) -> Iterator[str]:
    heads = [words[name] for name in ("count", "source", "as_of", "counted_at")]
    rows = [
        [source["title"], f"{source['file']} {source['checksum']}", source["as_of"], ""]
        for source in counts["sources"]
    ]
    yield f"<h2>{escape(counts['title'])}</h2>" + _table(heads, rows, "llll")
    for section in counts["sections"]:
        if not compact:
            yield f"<h3>{escape(section['title'])}</h3>"
        for count in section["counts"]:
            named = f"{escape(count['title'])} · {count['quantity']}"
            if compact:
                names = escape(", ".join(count["names"]))
                yield f'<p class="together"><b>{escape(section["title"])}</b> {named}: {names}</p>'
            else:
                names = "".join(f"<div>{escape(name)}</div>" for name in count["names"])
                yield f'<h4>{named}</h4><div class="names">{names}</div>'


def _table(heads: list[str], rows: list[list[str]], left: str) -> str:
    """Cells beyond the columns that are named ``left`` are numbers."""
    cells = [
        "".join(
            f'<td class="{"" if index < len(left) or not left else "number"}">{escape(entry)}</td>'
            for index, entry in enumerate(row)
        )
        for row in rows
    ]
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    return (
        f"<table><thead><tr>{head}</tr></thead>"
        + "".join(f"<tr>{row}</tr>" for row in cells)
        + "</table>"
    )


def _lines(lines: list[str]) -> str:
    return "<p>" + "<br>".join(map(escape, lines)) + "</p>"
