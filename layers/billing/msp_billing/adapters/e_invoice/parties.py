"""Seller and buyer of an e-invoice (BG-4 and BG-7)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale

from msp_billing.adapters.e_invoice.amounts import InexpressibleError
from msp_billing.adapters.e_invoice.markup import NOTHING, Markup, code, element, text

if TYPE_CHECKING:
    from msp_billing.domain.parties import Buyer
    from msp_billing.domain.policy import ProviderPolicy

_NO_COUNTRIES = {
    *("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC"),
    *("QO", "TA", "UN", "XA", "XB", "XK", "ZZ"),
}
"""What CLDR lists beside the countries of ISO 3166-1."""
_VAT_PREFIXES = {"EL", "XI"}
"""Greece and Northern Ireland have VAT numbers that begin otherwise than with their country."""


def check_parties(policy: ProviderPolicy, buyer: Buyer, country: str, *, vat: bool) -> None:
    """See that countries exist.

    Raises:
        InexpressibleError: for one that ISO 3166-1 does not have (``UK``), also in a VAT number.
    """
    for place, whose in ((policy.country, "provider"), (country, "account")):
        if place not in _countries():
            raise InexpressibleError(
                f"'{place}', the country of the {whose}, is none of ISO 3166-1."
            )
    numbers = (policy.seller.vat_id, buyer.vat_id) if vat else ()
    for number in numbers:
        if number is not None and number[:2] not in _countries() | _VAT_PREFIXES:
            raise InexpressibleError(f"The VAT number {number} begins with no country.")


def seller_party(policy: ProviderPolicy, *, vat: bool) -> Markup:
    """The provider.

    Args:
        vat: whether the document may have VAT numbers; one outside of VAT must not (BR-O-02), and
            the provider is known by its registration or, failing that, by its short name.
    """
    seller = policy.seller
    vat_id = seller.vat_id if vat else None
    legal_name = seller.legal_name or policy.name
    unknown = seller.registration_id is None and vat_id is None
    return element(
        "ram:SellerTradeParty",
        text("ram:ID", policy.provider if unknown else None),
        text("ram:Name", legal_name),
        element(
            "ram:SpecifiedLegalOrganization",
            text("ram:ID", seller.registration_id),
            text("ram:TradingBusinessName", policy.name if policy.name != legal_name else None),
        )
        if seller.registration_id or policy.name != legal_name
        else NOTHING,
        _contact(policy),
        _address(policy.address, policy.country),
        _mail_address(policy.reply_to),
        _tax_registration("FC", seller.tax_number),
        _tax_registration("VA", vat_id),
    )


def buyer_party(
    account: str,
    account_name: str,
    bill_to: Sequence[str],
    buyer: Buyer,
    country: str,
    recipients: Sequence[str],
    *,
    vat: bool,
) -> Markup:
    """The account, by the name that the provider has for it (BT-46)."""
    registered = element("ram:SpecifiedLegalOrganization", text("ram:ID", buyer.registration_id))
    return element(
        "ram:BuyerTradeParty",
        text("ram:ID", account),
        text("ram:Name", account_name),
        registered if buyer.registration_id else NOTHING,
        _address([line for line in bill_to if line != account_name], country),
        _mail_address(recipients[0]) if recipients else NOTHING,
        _tax_registration("VA", buyer.vat_id if vat else None),
    )


def _contact(policy: ProviderPolicy) -> Markup:
    phone = element("ram:TelephoneUniversalCommunication", text("ram:CompleteNumber", policy.phone))
    mail = element("ram:EmailURIUniversalCommunication", text("ram:URIID", policy.reply_to))
    return element("ram:DefinedTradeContact", phone if policy.phone else NOTHING, mail)


def _address(lines: Sequence[str], country: str) -> Markup:
    """Lines as they are written, the third with all that follow: nothing guesses at towns."""
    return element(
        "ram:PostalTradeAddress",
        *(
            text(tag, line)
            for tag, line in zip(("ram:LineOne", "ram:LineTwo"), lines, strict=False)
        ),
        text("ram:LineThree", ", ".join(lines[2:]) or None),
        code("ram:CountryID", country),
    )


def _mail_address(address: str) -> Markup:
    return element("ram:URIUniversalCommunication", text("ram:URIID", address, schemeID="EM"))


def _tax_registration(scheme: str, number: str | None) -> Markup:
    if number is None:
        return NOTHING
    return element("ram:SpecifiedTaxRegistration", text("ram:ID", number, schemeID=scheme))


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    known = {str(key) for key in Locale("en").territories}
    return frozenset(key for key in known if len(key) == 2) - _NO_COUNTRIES
