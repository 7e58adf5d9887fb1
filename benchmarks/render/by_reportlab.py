"""The same invoice by ReportLab's platypus, which makes no tagged and no archivable PDF."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

FONTS = Path(__file__).resolve().parents[2] / "layers" / "rendering" / "fonts"
Json = dict[str, Any]
_SOFT = "#5c666f"
_PRIMARY = "#1f3a5f"


class Maker:
    """Makes the PDF of an invoice; fonts and styles are read once."""

    def __init__(self) -> None:
        self.platypus: Any = importlib.import_module("reportlab.platypus")
        self.pagesize = importlib.import_module("reportlab.lib.pagesizes").LETTER
        self.colour: Callable[[str], Any] = importlib.import_module("reportlab.lib.colors").HexColor
        style = importlib.import_module("reportlab.lib.styles").ParagraphStyle
        metrics = importlib.import_module("reportlab.pdfbase.pdfmetrics")
        font = importlib.import_module("reportlab.pdfbase.ttfonts").TTFont
        for weight in ("Regular", "Medium", "SemiBold"):
            metrics.registerFont(font(f"Inter-{weight}", str(FONTS / f"Inter-{weight}.ttf")))

        def text(size: float, weight: str = "Regular", **options: Any) -> Any:
            return style(
                f"{size}{weight}{options}",
                fontName=f"Inter-{weight}",
                fontSize=size,
                leading=size * 1.3,
                **options,
            )

        primary = self.colour(_PRIMARY)
        self.body = text(9)
        self.small = text(7.5)
        self.title = text(21, "SemiBold", textColor=primary, spaceBefore=14, spaceAfter=12)
        self.heading = text(12, "SemiBold", textColor=primary, spaceBefore=24, spaceAfter=9)
        self.third = text(9.5, "SemiBold", spaceBefore=14, spaceAfter=6)
        self.caption = text(8, "Medium", spaceBefore=8, spaceAfter=5)

    def __call__(self, content: Json) -> bytes:
        """The PDF."""
        file = io.BytesIO()
        margin, top = 57.6, 61.2
        document = self.platypus.SimpleDocTemplate(
            file,
            pagesize=self.pagesize,
            leftMargin=margin,
            rightMargin=margin,
            topMargin=top,
            bottomMargin=top,
            title=content["title"],
            author=content["author"],
        )

        def foot(canvas: Any, _: Any) -> None:
            canvas.setFont("Inter-Regular", 7.5)
            canvas.drawString(margin, 40, content["reference"])
            canvas.drawRightString(612 - margin, 40, f"Page {canvas.getPageNumber()}")

        document.build(self._story(content), onFirstPage=foot, onLaterPages=foot)
        return file.getvalue()

    def _story(self, content: Json) -> list[Any]:
        words, due, payment = content["words"], content["due"], content["payment"]
        facts = [f"{name}: {value}" for name, value in content["facts"]]
        story = [
            self._beside(
                [content["provider"]["name"]],
                [*content["provider"]["address"], *content["provider"]["contact"]],
            ),
            self._paragraph(content["heading"], self.title),
            self._beside([words["bill_to"], *content["bill_to"]], facts),
            self._beside(
                [due["label"], due["amount"], due["by"]], [payment["title"], *payment["lines"]]
            ),
        ]
        overview = content["overview"]
        if overview is not None:
            rows = [[row["title"], row["amount"]] for row in overview["rows"]] + [overview["total"]]
            heads = [words["description"], words["amount"]]
            story += [self._paragraph(overview["title"], self.heading), self._table(heads, rows)]
        for block in content["blocks"]:
            story.append(self._paragraph(block["title"], self.heading))
            if block["kind"] == "contents":
                rows = [[row["title"], row["amount"]] for row in block["rows"]]
                story.append(self._table([block["head"], words["amount"]], rows))
            else:
                story.append(self._charges(block["sections"], content))
        story += self._counts(content)
        clauses = content["clauses"]
        story.append(self._paragraph(clauses["title"], self.heading))
        story.append(self._paragraph(clauses["made_from"], self.small))
        for row in clauses["rows"]:
            text = f"{row['number']} {row['title']}. {row['text']}"
            story.append(self._paragraph(text, self.body))
        return story

    def _charges(self, sections: list[Json], content: Json) -> Any:
        words, compact = content["words"], content["compact"]
        columns = ("code", "description", "quantity", "unit", "unit_price", "amount")
        rows: list[list[Any]] = [[words[name] for name in columns]]
        marked = []
        for section in sections:
            if section["title"] is not None:
                marked.append(len(rows))
                rows.append([section["title"], "", "", "", "", section["amount"]])
            for line in section["lines"]:
                note = (
                    f'<br/><font size="7.5">{escape(line["note"])}</font>' if line["note"] else ""
                )
                text = f'{escape(line["description"])} <font size="7">{line["clause"]}</font>{note}'
                described = self.platypus.Paragraph(text, self.body)
                rows.append([line["code"], described, *(line[name] for name in columns[2:])])
        for row in content["totals"]:
            marked.append(len(rows))
            rows.append(["", row["label"], "", "", "", row["amount"]])
        style = [
            ("FONT", (0, 0), (-1, -1), "Inter-Regular", 8.5 if compact else 9),
            ("FONT", (0, 0), (-1, 0), "Inter-Medium", 7.5),
            ("ALIGN", (2, 0), (2, -1), "RIGHT"),
            ("ALIGN", (4, 0), (5, -1), "RIGHT"),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, self.colour(_SOFT)),
        ]
        if not compact:
            style.append(("LINEBELOW", (0, 1), (-1, -1), 0.5, self.colour("#d5dade")))
        style += [("FONT", (0, row), (-1, row), "Inter-SemiBold", 9) for row in marked]
        widths = (52, 190, 38, 50, 72, 95)
        return self.platypus.LongTable(rows, colWidths=widths, repeatRows=1, style=style)

    def _counts(self, content: Json) -> list[Any]:
        counts, words = content["counts"], content["words"]
        heads = [words[name] for name in ("count", "source", "as_of")]
        rows = [[source["title"], source["file"], source["as_of"]] for source in counts["sources"]]
        story = [self._paragraph(counts["title"], self.heading), self._table(heads, rows)]
        for section in counts["sections"]:
            if not content["compact"]:
                story.append(self._paragraph(section["title"], self.third))
            for count in section["counts"]:
                named, names = f"{count['title']} · {count['quantity']}", count["names"]
                if content["compact"]:
                    text = f"{section['title']} {named}: {', '.join(names)}"
                    story.append(self._paragraph(text, self.small))
                    continue
                story.append(self._paragraph(named, self.caption))
                grid = [names[start : start + 4] for start in range(0, len(names), 4)]
                grid[-1] = grid[-1] + [""] * (4 - len(grid[-1]))
                style = [("FONT", (0, 0), (-1, -1), "Inter-Regular", 8)]
                story.append(self.platypus.Table(grid, colWidths=(124,) * 4, style=style))
        return story

    def _beside(self, left: list[str], right: list[str]) -> Any:
        cells = [
            self.platypus.Paragraph("<br/>".join(map(escape, lines)), self.body)
            for lines in (left, right)
        ]
        return self.platypus.Table([cells], colWidths=(248, 248))

    def _table(self, heads: list[str], rows: list[list[str]]) -> Any:
        style = [
            ("FONT", (0, 0), (-1, -1), "Inter-Regular", 9),
            ("ALIGN", (-1, 0), (-1, -1), "RIGHT"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, self.colour("#d5dade")),
        ]
        return self.platypus.LongTable([heads, *rows], repeatRows=1, style=style)

    def _paragraph(self, text: str, style: Any) -> Any:
        return self.platypus.Paragraph(escape(text), style)
