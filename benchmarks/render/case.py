"""One line of the section `render`: ``python -m benchmarks.render.case MAKER SHAPE LINES``.

Every maker gets the same content, that of our own documents, and is warm: it has its fonts, styles
and templates, and has made a document before. Each invoice is of another account, because the same
one again would come out of a cache and say nothing. What is measured begins with an invoice and
ends with the bytes of its PDF.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.memory import now_mib, peak_mib
from benchmarks.render import by_reportlab, by_weasyprint, invoices
from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.domain.invoices import Invoice

ROOT = Path(__file__).resolve().parents[2]
MEMORY_DOCUMENTS = 1000
SIZES = (20, 200, 3000)
OURS = "typst"
Make = Callable[[Invoice], bytes]
Figures = dict[str, float | int | str]


def by_typst() -> Make:
    """Our own: tagged, accessible, archivable."""
    context = invoices.context()
    renderer = TypstRenderer(ROOT / "layers" / "rendering")
    return lambda invoice: renderer.render_invoice(invoice, context.policy, context.price_book)


def by_another(make: Callable[[by_weasyprint.Json], bytes]) -> Make:
    """Another maker with the content of ours."""
    context = invoices.context()
    return lambda invoice: make(present_invoice(invoice, context.policy, context.price_book))


MAKERS: dict[str, tuple[str, str | None, Callable[[], Make]]] = {
    OURS: ("Typst, PDF/A-3a and PDF/UA-1", None, by_typst),
    "weasyprint-tagged": (
        "WeasyPrint, PDF/A-3a",
        "weasyprint",
        lambda: by_another(by_weasyprint.maker("pdf/a-3a")),
    ),
    "weasyprint": (
        "WeasyPrint, plain PDF",
        "weasyprint",
        lambda: by_another(by_weasyprint.maker(None)),
    ),
    "reportlab": (
        "ReportLab, plain PDF",
        "reportlab",
        lambda: by_another(by_reportlab.Maker()),
    ),
}


def measure(maker: str, shape: str, lines: int) -> Figures:
    """Milliseconds for each of a few invoices, the median of them.

    CPU time is that of all threads together: what one core needs, whatever else is running.
    """
    title, library, made = MAKERS[maker]
    figures: Figures = {"maker": title, "shape": shape, "lines": lines}
    if library is not None and not _installed(library):
        return {**figures, "cpu_ms": "not installed"}
    make = made()
    make(invoices.invoice(shape, 0, 20))
    documents = [invoices.invoice(shape, number, lines) for number in range(1, 2 + 400 // lines)]
    seconds, busy, sizes = [], [], []
    for document in documents:
        begun, begun_busy = time.perf_counter(), time.process_time()
        sizes.append(len(make(document)))
        busy.append(time.process_time() - begun_busy)
        seconds.append(time.perf_counter() - begun)
    return {
        **figures,
        "invoices": len(documents),
        "ms": median(seconds) * 1000,
        "cpu_ms": median(busy) * 1000,
        "pdf_bytes": sum(sizes) // len(sizes),
        "peak_mib": peak_mib(),
    }


def memory() -> Figures:
    """Memory of the process while it makes a thousand documents of 20 lines, each another one."""
    make = by_typst()
    seen = {}
    for number in range(1, MEMORY_DOCUMENTS + 1):
        make(invoices.invoice("sites", number, 20))
        if number in {1, 20, 100, MEMORY_DOCUMENTS // 2, MEMORY_DOCUMENTS}:
            seen[f"MiB after {number:,}"] = now_mib()
    return {"documents": MEMORY_DOCUMENTS, **seen, "peak_mib": peak_mib()}


def _installed(library: str) -> bool:
    """Whether it can be loaded, with the system's libraries that it needs."""
    try:
        importlib.import_module(library)
    except (ImportError, OSError):
        return False
    return True


def runs() -> list[list[str]]:
    """The arguments of every line, ours first; without some that take minutes and show no more."""
    return [
        [maker, shape, str(lines)]
        for shape in invoices.SHAPES
        for lines in SIZES
        for maker in MAKERS
        if maker == OURS or lines < SIZES[-1] or (shape, maker) in _OTHERS_OF_MOST_LINES
    ]


_OTHERS_OF_MOST_LINES = {("sites", "weasyprint-tagged"), ("sites", "reportlab")}


def with_ratios(rows: list[Figures]) -> list[Figures]:
    """The lines with how many times the CPU time of ours each of them took."""
    ours = {
        (row["shape"], row["lines"]): row["cpu_ms"]
        for row in rows
        if row["maker"] == MAKERS[OURS][0]
    }
    compared: list[Figures] = []
    for row in rows:
        taken, least = row["cpu_ms"], ours[row["shape"], row["lines"]]
        if isinstance(taken, str) or isinstance(least, str):
            compared.append(row)
        else:
            compared.append({**row, "times_ours": taken / least})
    return compared


def main(*arguments: str) -> None:
    """Run one line and print its figures as JSON."""
    if arguments == ("memory",):
        figures = memory()
    else:
        maker, shape, lines = arguments
        figures = measure(maker, shape, int(lines))
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
