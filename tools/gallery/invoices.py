"""Invoices of the gallery."""

from __future__ import annotations

from collections.abc import Iterator

from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.domain.at_issue import InvoiceAtIssue
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.policy import ProviderPolicy
from tests.unit.adapters.at_issue_samples import balance_of, issued
from tests.unit.adapters.invoice_samples import (
    InvoiceMaker,
    many_sections,
    one_line,
    policy,
    price_book,
    users_by_kind,
)
from tests.unit.document_samples import HOSTILE_NAMES
from tools.gallery.europeans import FRENCH, GERMAN, European
from tools.gallery.samples import ASSETS, EVERYTHING, american, at_issue
from tools.gallery.shown import Page, Shown, pdf

RENDERER = TypstRenderer(ASSETS)
_LANGUAGES = "Invoices in four languages"
_SIZES = "Short, long and odd invoices"
_SORTS = "Invoices that ask for nothing, and drafts"
_LONG = "Association of Independent Harbour Masters, Pilots, Chandlers, Riggers and Sailmakers "


def _rendered(
    invoice: Invoice, provider: ProviderPolicy, at: InvoiceAtIssue | None = None
) -> bytes:
    return RENDERER.render_invoice(invoice, provider, price_book(), at)


def _english() -> bytes:
    invoice = users_by_kind()
    return _rendered(invoice, american(), at_issue(invoice))


def _spanish() -> bytes:
    invoice = users_by_kind().model_copy(update={"locale": "es-MX", "country": "MX"})
    return _rendered(invoice, american(), at_issue(invoice))


def _european(whose: European) -> bytes:
    invoice = whose.invoice()
    return RENDERER.render_invoice(invoice, whose.policy, whose.book, at_issue(invoice))


def _long_names() -> bytes:
    name = _LONG * 5
    maker = InvoiceMaker().section(name.strip())
    key = maker.count("Full-time users", [name + str(n) for n in range(3)], joined=[name + "2"])
    maker.line("FULLTIME", 3, key)
    maker.lines[0] = maker.lines[0].model_copy(update={"description": name, "product": "F" * 40})
    maker.section("Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrik" * 3, "site")
    maker.line("SERVER", 2)
    invoice = maker.make(
        label=name[:120],
        account_name=name[:400],
        bill_to=(name[:300], "Accounts payable " * 8, "1 Pier Road"),
        purchase_order="PO-" + "1234567890" * 6,
    )
    return _rendered(invoice, american(name=_LONG.strip()))


def _hostile() -> bytes:
    names = (*HOSTILE_NAMES[:-1], "#set page(fill: red) *b* $x^2$", "W" * 10_000)
    maker = InvoiceMaker().section(names[2])
    key = maker.count("Full-time users", names, joined=names[:2])
    maker.line("FULLTIME", len(names), key)
    maker.section(names[-2], "site").line("SERVER", 1)
    invoice = maker.make(label=names[0], account_name=names[4], bill_to=names[:6])
    hostile = american(invoice_note=names[2], remittance=names[:4])
    return _rendered(invoice, hostile)


def _three_thousand() -> bytes:
    return _rendered(many_sections(600, per_customer=5), american())


def _information() -> bytes:
    invoice = users_by_kind().model_copy(update={"informational": True, "due_on": None})
    return _rendered(invoice, american())


def _credit() -> bytes:
    maker = InvoiceMaker().section("Harbor Dental Group").line("SERVER", -2).line("FULLTIME", -1)
    return _rendered(maker.make(), american())


def invoices() -> Iterator[Shown]:
    """Every invoice that is shown."""
    yield pdf(
        "invoice-en",
        _LANGUAGES,
        _english,
        (1, "English, Letter: what is due, how to pay it, why the amount differs, and a slip."),
        (2, "English: the charges with where they come from, the sums, and codes by category."),
        (-1, "English, last page: billed users by name, and what the policy says."),
    )
    yield pdf(
        "invoice-es",
        _LANGUAGES,
        _spanish,
        (1, "Spanish, Letter: an account in Mexico of a provider that names things in English."),
        (2, "Spanish, second page: the charges, where they come from, and the sums."),
    )
    yield pdf(
        "invoice-fr",
        _LANGUAGES,
        lambda: _european(FRENCH),
        (1, "French, A4: euro, value-added tax, and a code that banking apps read."),
        (2, "French, second page: the charges with their tax, and the sums."),
    )
    yield pdf(
        "invoice-de",
        _LANGUAGES,
        lambda: _european(GERMAN),
        (1, "German, A4: euro, value-added tax, and a code that banking apps read."),
        (2, "German, second page: the charges with their tax, the sums, and what changed."),
    )
    yield from _sizes()
    yield from _sorts()


def _sizes() -> Iterator[Shown]:
    yield pdf(
        "invoice-one-line",
        _SIZES,
        lambda: _rendered(one_line(), american()),
        (1, "One line: nothing is in the way of the amount."),
    )
    yield pdf(
        "invoice-3000-lines",
        _SIZES,
        _three_thousand,
        (1, "3,000 lines for 600 customers: the first page is as of any other invoice."),
        (2, "3,000 lines: the table of contents begins."),
        (40, "3,000 lines: a page of charges by customer, with sub-totals."),
        (95, "3,000 lines: what was counted, by name."),
        (-1, "3,000 lines: the last page, with the rules that the invoice follows."),
    )
    yield pdf(
        "invoice-long-names",
        _SIZES,
        _long_names,
        (1, "Absurdly long names are shortened and broken, and push nothing off the page."),
        (2, "Absurdly long names among the charges."),
    )
    yield pdf(
        "invoice-hostile",
        _SIZES,
        _hostile,
        (1, "Markup, templates, line ends and right-to-left marks in names are text."),
        (2, "Hostile names in the list of billed users."),
    )
    yield Shown(
        "invoice-grey",
        _SIZES,
        "pdf",
        _english,
        (Page(1, "The English invoice as a black-and-white printer prints it."),),
        grey=True,
    )
    yield pdf(
        "invoice-plain",
        _SIZES,
        lambda: _rendered(users_by_kind(), policy(show=EVERYTHING)),
        (1, "A provider without logo, link and slip: its lines of remittance say how to pay."),
    )


def _sorts() -> Iterator[Shown]:
    yield pdf(
        "invoice-informational",
        _SORTS,
        _information,
        (1, "For information: it says that it is not to be paid, and does not say how."),
    )
    yield pdf(
        "invoice-draft",
        _SORTS,
        lambda: _rendered(users_by_kind(number=None), american()),
        (1, "A draft: marked on every page, without a number and without a way to pay."),
    )
    yield pdf(
        "invoice-credit",
        _SORTS,
        _credit,
        (1, "A credit: more was credited than charged, and there is nothing to pay."),
    )
    yield pdf(
        "invoice-covered",
        _SORTS,
        _covered,
        (1, "An invoice that the account's credit covers."),
    )


def _covered() -> bytes:
    invoice = one_line()
    return _rendered(invoice, american(), issued(invoice, balance_of(invoice, "0", "500")))
