"""What the type codes of BAI2 details mean for who is owed money.

The ranges are those of the Cash Management Balance Reporting Specifications, version 2: 101 to 399
credits, 401 to 699 debits, 700 to 799 loans, and the bank's own 920 to 959 (credits) and 960 to
999 (debits). A credit that is not listed here is taken as a payment: money that nobody can place
waits in the queue for a person, which is better than money that nobody hears of.
"""

from __future__ import annotations

from msp_billing.domain.payments.incoming import PaymentMethod

_CREDITS = (range(101, 400), range(920, 960))
_DEBITS = (range(401, 700), range(960, 1000))

ITEM_OF_A_DEPOSIT = "item of a deposit that is listed as a whole"
OWN_MONEY = "our own money: transfers, sweeps, investments, interest"
OWN_PAYMENT_BACK = "a payment of ours that came back"
MONEY_OUT = "money that went out"
ACH_RETURN = "returned ACH debit: taken from the NACHA return file"
LOAN = "loan account"


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Counted once, with the deposit that they are part of (115, 135, 142, 155, 342).
_ITEMS = frozenset({"116", "136", "143", "156", "345"})
_OWN_MONEY = _codes(
    "145 201 202 214 226 232 233 234 235 236 238 240 241 242 243 244 246 247 248 249 "
    "274 275 276 277 278 281 286 306 346 347 348 349 351 354 359 397"
)
# Reversed debits, and returned checks and ACH items that we wrote or sent.
_OWN_PAYMENTS_BACK = _codes("123 252 254 255 257 258 261 263 266 268 395 398")
_ACH_RETURNED = frozenset({"557", "558"})

RETURNED_DEPOSITS = {"555": "Deposited item returned"}
"""Debits that take a payment back which this file or an earlier one reported."""

_METHODS = {
    PaymentMethod.ACH: "121 122 142 155 164 165 166 168 169",
    PaymentMethod.WIRE: "158 191 195 196 198 206 208",
    PaymentMethod.CHECK: "115 118 171 173 174 175 176 184 187 222 301",
    PaymentMethod.CARD: "147",
    PaymentMethod.CASH: "295 353 366",
}
_METHOD_OF = {code: method for method, codes in _METHODS.items() for code in codes.split()}


def method_of(
    code: str, methods: dict[str, PaymentMethod], otherwise: PaymentMethod
) -> PaymentMethod:
    """How the money came: by the policy's word for the code, else by the specification's."""
    return methods.get(code) or _METHOD_OF.get(code, otherwise)


def why_no_payment(code: str, methods: dict[str, PaymentMethod]) -> str | None:
    """Why a detail with this code is passed over; None when it is money that came in.

    A code that the policy names under ``methods`` is always taken, as far as it is a credit.
    """
    number = int(code)
    if any(number in codes for codes in _DEBITS):
        return ACH_RETURN if code in _ACH_RETURNED else MONEY_OUT
    if not any(number in codes for codes in _CREDITS):
        return LOAN
    if code in methods:
        return None
    if code in _ITEMS:
        return ITEM_OF_A_DEPOSIT
    if code in _OWN_MONEY:
        return OWN_MONEY
    return OWN_PAYMENT_BACK if code in _OWN_PAYMENTS_BACK else None


def is_known(code: str) -> bool:
    """Whether the code is of a detail at all: three digits, and no balance and no total."""
    return (
        len(code) == 3
        and code.isascii()
        and code.isdigit()
        and int(code) not in {100, 400}
        and (any(int(code) in codes for codes in (*_CREDITS, *_DEBITS, range(700, 800))))
    )
