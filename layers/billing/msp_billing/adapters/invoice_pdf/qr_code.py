"""QR codes as drawings: a page to pay on, or a bank transfer that banking apps fill in."""

from __future__ import annotations

import io
from decimal import Decimal

import segno
from segno import helpers

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

    None where such a code cannot say it: without an IBAN, or for an amount beyond its limits.
    """
    if bank.iban is None or not Decimal("0.01") <= amount <= _LARGEST_TRANSFER:
        return None
    code = helpers.make_epc_qr(
        name=(bank.holder or holder)[:_MAX_NAME],
        iban=bank.iban,
        bic=bank.bic,
        amount=amount,
        text=reference[:_MAX_TEXT],
        encoding="utf-8",
    )
    return _drawing(code)


def _drawing(code: segno.QRCode) -> str:
    """As SVG, with the quiet zone of four modules that readers need."""
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", xmldecl=False, svgclass=None, lineclass=None, omitsize=True)
    return drawn.getvalue().decode()
