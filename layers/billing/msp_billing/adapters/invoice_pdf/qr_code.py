"""QR codes as drawings: a page to pay on, or a bank transfer that banking apps fill in."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING

import segno
from segno import helpers

if TYPE_CHECKING:
    from msp_billing.domain.parties import BankAccount

_MASK = 2
"""Every mask is as good to a reader. Trying all eight, which only makes a code look even, takes six
times as long."""

_MAX_NAME = 70
_MAX_TEXT = 140
_LARGEST_TRANSFER = Decimal("999999999.99")


def link_code(link: str) -> str:
    """A QR code that opens a page."""
    code = segno.make(link, error="m", micro=False, mask=_MASK, boost_error=False)
    return _drawing(code)


def transfer_code(holder: str, bank: BankAccount, amount: Decimal, reference: str) -> str | None:
    """A European Payments Council code: a transfer in euro with everything filled in.

    None where such a code cannot say it: without an IBAN, or for an amount or a text beyond its
    limits.
    """
    if bank.iban is None or not Decimal("0.01") <= amount <= _LARGEST_TRANSFER:
        return None
    # Its fields are lines: a break in a name would put the name's rest in the IBAN's place.
    name, text = " ".join((bank.holder or holder).split()), " ".join(reference.split())
    try:
        code = helpers.make_epc_qr(
            name=name[:_MAX_NAME].strip(),
            iban=bank.iban,
            bic=bank.bic,
            amount=amount,
            text=text[:_MAX_TEXT].strip(),
            encoding="utf-8",
        )
    except ValueError:  # more bytes than the standard admits, or an IBAN that is none
        return None
    return _drawing(code)


def _drawing(code: segno.QRCode) -> str:
    """As SVG, with the quiet zone of four modules that readers need."""
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", xmldecl=False, svgclass=None, lineclass=None, omitsize=True)
    return drawn.getvalue().decode()
