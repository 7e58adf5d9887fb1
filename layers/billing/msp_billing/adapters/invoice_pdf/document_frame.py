"""What frames every page of a document: colours, paper, language, head and foot.

Documents come from a provider, or from one of its accounts to that account's own customers
(COL-27). Both are a :class:`Letterhead`, so that every document is made by the same hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.invoice_pdf.brand_colours import readable_on_white
from msp_billing.adapters.invoice_pdf.logo_drawing import drawn_logo
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _, current_locale

if TYPE_CHECKING:
    from msp_billing.domain.parties import Logo, Paper, Seller
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.reports.resale import Resale

LETTER_PAPER_CURRENCIES = frozenset({"USD", "CAD", "MXN", "COP", "CLP", "PHP"})
"""Where office paper is Letter; everywhere else it is A4."""


@dataclass(frozen=True)
class Letterhead:
    """Whom a document is from, as the top of its first page shows it.

    Attributes:
        legal: by what tax offices know them, a few words each.
    """

    name: str
    address: tuple[str, ...]
    contact: tuple[str, ...]
    primary: str
    accent: str
    logo: Logo | None = None
    legal: tuple[str, ...] = ()

    @classmethod
    def of_provider(cls, policy: ProviderPolicy) -> Letterhead:
        """The provider's own."""
        contact = (policy.phone, policy.reply_to, policy.website)
        return cls(
            name=policy.name,
            address=policy.address,
            contact=tuple(line for line in contact if line is not None),
            primary=policy.brand.primary,
            accent=policy.brand.accent,
            logo=policy.brand.logo,
            legal=tuple(_legal_person(policy.seller)),
        )

    @classmethod
    def of_reseller(cls, resale: Resale) -> Letterhead:
        """A service provider's, towards its own customers: ours is nowhere in it."""
        return cls(
            name=resale.name,
            address=resale.address,
            contact=resale.contact,
            primary=resale.primary,
            accent=resale.accent,
        )

    def block(self) -> dict[str, Any]:
        """As the top of the first page shows it."""
        return {
            "name": printable(self.name),
            "logo": drawn_logo(self.logo),
            "legal": [printable(line) for line in self.legal],
            "address": [printable(line) for line in self.address],
            "contact": [printable(line, unbroken=44) for line in self.contact],
        }


def _legal_person(seller: Seller) -> Iterator[str]:
    """By what tax offices know the provider; invoices in the EU must say it (2006/112, 226)."""
    named: tuple[tuple[str, str | None], ...] = (
        ("{number}", seller.legal_name),
        (_("VAT number {number}"), seller.vat_id),
        (_("Registration {number}"), seller.registration_id),
        (_("Tax number {number}"), seller.tax_number),
    )
    for text, value in named:
        if value is not None:
            yield text.format(number=value)


def document_frame(
    policy: ProviderPolicy,
    *,
    heading: str,
    reference: str,
    account_name: str,
    dated_on: date,
    currency: str,
    paper: Paper | None = None,
) -> dict[str, Any]:
    """What makes a provider's file and frames every page, see :func:`framed`."""
    return framed(
        Letterhead.of_provider(policy),
        heading=heading,
        reference=reference,
        account_name=account_name,
        dated_on=dated_on,
        currency=currency,
        paper=paper,
    )


def framed(
    sender: Letterhead,
    *,
    heading: str,
    reference: str,
    account_name: str,
    dated_on: date,
    currency: str,
    paper: Paper | None = None,
) -> dict[str, Any]:
    """What makes the file and frames every page, in the language that is being written.

    It is no draft and not for information; a document that is says so after it.

    Args:
        paper: what the reader prints on; by the currency, where nobody said it.
    """
    locale = current_locale()
    name = {"letter": "us-letter", "a4": "a4", None: _usual_paper(currency)}[paper]
    return {
        "language": locale.language,
        "region": locale.territory,
        "title": f"{printable(heading)}, {reference}",
        "author": printable(sender.name),
        "dated_on": [dated_on.year, dated_on.month, dated_on.day],
        "draft": False,
        "informational": False,
        "words": frame_words(),
        "paper": name,
        "colours": {
            "primary": readable_on_white(sender.primary),
            "accent": readable_on_white(sender.accent),
        },
        "reference": reference,
        "running": {
            "provider": printable(sender.name, 50),
            "heading": printable(heading, 50),
            "account": printable(account_name, 50),
        },
    }


def frame_words() -> dict[str, str]:
    """The words of head and foot; a document adds its own to them."""
    return {
        "draft": _("Draft"),
        "informational": _("For information"),
        # Translators: of pages: "Page 1 of 3".
        "of": _("of"),
        "page": _("Page"),
    }


def provider_block(policy: ProviderPolicy) -> dict[str, Any]:
    """The provider, as the top of the first page shows it."""
    return Letterhead.of_provider(policy).block()


def _usual_paper(currency: str) -> str:
    return "us-letter" if currency in LETTER_PAPER_CURRENCIES else "a4"
