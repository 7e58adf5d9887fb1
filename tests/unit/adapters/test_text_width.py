from __future__ import annotations

from pathlib import Path

import pytest
import typst

from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.adapters.invoice_pdf.text_width import line_widths, width_in_ems
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from tests.unit.adapters.invoice_samples import many_sections, policy, price_book

RENDERING = Path(__file__).parents[3] / "layers" / "rendering"
FONTS = RENDERING / "fonts"
TEXTS = (
    "".join(map(chr, range(0x20, 0x7F))),
    'AVAToTyWaLT fjord "quoted" r,n. f) f" 7/4 11-11',
    "Überwachung für Geräte, Größe ½ – naïve façade, señor Ñandú",
    "WWWWMMMM@@@@%%%%",
    "1 to 30 November 2026 · 12 × $41.50",
)


def test_no_text_is_wider_in_print_than_it_is_said_to_be():
    source = '#set page(width: auto, height: auto)\n#set text(font: "Inter", size: 1000pt)\n'
    for text in TEXTS:
        width = width_in_ems(text)
        assert width is not None
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        source += f'#context assert(measure("{escaped}").width <= {width * 1000}pt)\n'
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
    )

    typst.Compiler(source.encode(), font_paths=fonts).compile(format="svg")


@pytest.mark.parametrize("text", ["\u05e9\u05dc\u05d5\u05dd", "Zo\u00eb \U0001f9ba", "\u25a1"])
def test_the_width_of_a_text_in_another_font_is_not_known(text: str):
    assert width_in_ems(text) is None
    assert line_widths("WS", text, "§1", None, "device") is None


def test_a_word_that_cannot_be_broken_needs_no_second_line():
    assert line_widths("WORKSTATION", "", "", None, "device") == [0.0, 0.4, 0.0, 0.0]


def test_each_part_of_a_line_counts_in_its_own_size():
    widths = line_widths("WS 1", "aa", "a", "a", "per user")

    a = 0.562 * 1.02
    assert widths is not None
    assert widths[1:3] == [round(2 * a + 0.4 + 0.78 * a, 2), round(0.83 * a, 2)]
    assert widths[0] > 0
    assert widths[3] > 0


@pytest.mark.parametrize("sections", [4, 17], ids=["small print", "compact, with contents"])
def test_a_row_whose_height_is_known_is_as_high_as_one_laid_out_to_find_it(sections: int):
    renderer = TypstRenderer(RENDERING)
    known = present_invoice(many_sections(sections), policy(), price_book())
    unknown = present_invoice(many_sections(sections), policy(), price_book())
    for block in unknown["blocks"]:
        for entry in (*block.get("sections", ()), *block.get("rows", ())):
            for row in (entry, *entry.get("lines", ())):
                assert row["ems"] is not None
                row["ems"] = None

    assert renderer.render("invoice.typ", known) == renderer.render("invoice.typ", unknown)
