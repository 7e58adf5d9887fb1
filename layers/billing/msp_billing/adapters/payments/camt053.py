"""camt.053, the ISO 20022 statement of an account: its booked credits are payments.

Versions 02 and 08 are read. Only booked entries count. An entry for a whole batch is split into its
transactions when their amounts add up to it, and is one payment otherwise: what the bank did not
say is not invented. A reversed credit, or a debit with return information, is a payment taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.payments import camt_details
from msp_billing.adapters.payments.bank_rows import BankRow, ReturnReason, with_keys
from msp_billing.adapters.payments.file_faults import Faults
from msp_billing.adapters.payments.xml_tree import Element, XmlError, read_tree
from msp_billing.domain.payments.checks import EARLIEST
from msp_billing.usecases.receivables.payment_readings import FileReading, ReadingSetting

if TYPE_CHECKING:
    from msp_billing.domain.money import Money
    from msp_billing.domain.payments.payment_policy import PaymentFile

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
VERSIONS = ("02", "08")
NOT_BOOKED = "not booked yet"
MONEY_OUT = "money that went out"
OWN_PAYMENT_BACK = "a payment of ours that came back"
NO_MONEY = "moves no money"
_REVERSED = ReturnReason("REVERSED", "The bank reversed its credit")
_YES = frozenset({"true", "1"})


def read_camt053(
    definition: PaymentFile, setting: ReadingSetting, content: bytes, file: str
) -> FileReading:
    """Read a file; with any problem, its rows are not to be used."""
    faults = Faults(file)
    reader = _Reader(definition, faults)
    try:
        rows = list(reader.read(read_tree(content)))
    except XmlError as error:
        faults.add("xml", error.line, error.what)
        rows = []
    keyed = with_keys(setting.provider, definition.file, rows, faults)
    return FileReading(rows=keyed.rows, skipped=dict(reader.skipped), problems=faults.all())


class _Reader:
    def __init__(self, definition: PaymentFile, faults: Faults) -> None:
        self._definition = definition
        self._faults = faults
        self.skipped: Counter[str] = Counter()

    def read(self, root: Element) -> Iterator[BankRow]:
        message = root.find("BkToCstmrStmt")
        version = root.namespace.removeprefix(_NAMESPACE)
        if message is None or version not in VERSIONS:
            self._faults.add(
                "version",
                root.line,
                f"The file is '{root.namespace or root.name}', and not camt.053.001.02 or .08.",
                "Have the bank send end-of-day statements (camt.053) of version 02 or 08; "
                "intraday reports (camt.052) and notices (camt.054) tell the same money again.",
            )
            return
        statements = list(message.all("Stmt"))
        if not statements:
            self._faults.add("empty", message.line, "The message has no statement.")
        for statement in statements:
            account = statement.text_at("Acct/Id/IBAN", "Acct/Id/Othr/Id")
            if not account:
                self._faults.add("account", statement.line, "The statement names no account.")
            self._check_balances(statement)
            for entry in statement.all("Ntry"):
                yield from self._entry(entry, account)

    def _entry(self, entry: Element, account: str) -> Iterator[BankRow]:
        status = entry.text_at("Sts/Cd", "Sts")
        if status != "BOOK":
            if status not in {"PDNG", "INFO", "FUTR"}:
                self._faults.add("status", entry.line, f"There is no entry status '{status}'.")
            self.skipped[NOT_BOOKED] += 1
            return
        amount = camt_details.money_of(entry.find("Amt"))
        side = entry.text_at("CdtDbtInd")
        booked_on = self._booked_on(entry)
        if amount is None:
            found = entry.text_at("Amt")
            self._faults.add("amount", entry.line, f"'{found}' is no amount with its currency.")
        if side not in {"CRDT", "DBIT"}:
            self._faults.add("side", entry.line, f"'{side}' is neither CRDT nor DBIT.")
        if amount is None or booked_on is None:
            return
        if not amount.amount:
            self.skipped[NO_MONEY] += 1
            return
        for details, part in self._parts(entry, amount, side):
            yield from self._movement(entry, details, part, side, booked_on, account)

    def _parts(self, entry: Element, whole: Money, side: str) -> list[tuple[Element | None, Money]]:
        """The transactions of an entry with their amounts, or the entry as one."""
        found = list(entry.all("NtryDtls/TxDtls"))
        if len(found) <= 1:
            return [(found[0] if found else None, whole)]
        amounts = [camt_details.transaction_amount(one, whole.currency) for one in found]
        sides = {one.text_at("CdtDbtInd") or side for one in found}
        known = [amount for amount in amounts if amount is not None and amount.amount > 0]
        total = sum((amount.amount for amount in known), Decimal(0))
        if len(known) == len(found) and total == whole.amount and sides == {side}:
            return list(zip(found, known, strict=True))
        return [(None, whole)]

    def _movement(
        self,
        entry: Element,
        details: Element | None,
        amount: Money,
        side: str,
        booked_on: date,
        account: str,
    ) -> Iterator[BankRow]:
        reversed_ = entry.text_at("RvslInd") in _YES
        reason = camt_details.return_reason(details)
        is_credit = side == "CRDT"
        if details is None and not is_credit:
            # A batch that could not be split: one returned payment in it makes it a return.
            told = (camt_details.return_reason(one) for one in entry.all("NtryDtls/TxDtls"))
            reason = next((one for one in told if one is not None), None)
        if is_credit and (reversed_ or reason is not None):
            self.skipped[OWN_PAYMENT_BACK] += 1
            return
        if not is_credit and not reversed_ and reason is None:
            self.skipped[MONEY_OUT] += 1
            return
        yield self._row(
            entry, details, amount, booked_on, account, None if is_credit else reason or _REVERSED
        )

    def _row(
        self,
        entry: Element,
        details: Element | None,
        amount: Money,
        booked_on: date,
        account: str,
        returned: ReturnReason | None,
    ) -> BankRow:
        bank = camt_details.reference(entry, "AcctSvcrRef")
        names = (bank, *camt_details.references(details))
        texts = [*camt_details.texts(details), entry.text_at("AddtlNtryInf")]
        if details is None:
            # A batch that stays one payment: whoever places it needs to see all of it.
            for one in entry.all("NtryDtls/TxDtls"):
                texts += [camt_details.payer(one), *camt_details.texts(one)]
        payer = camt_details.payer(details)
        # References say which movement it is; only where there are none must the texts do it.
        identity = names if any(names) else (payer, *texts)
        trace = camt_details.end_to_end(details) or bank or names[1]
        return BankRow(
            line=(details or entry).line,
            on=booked_on,
            amount=amount,
            method=self._definition.methods.get(
                entry.text_at("BkTxCd/Prtry/Cd") or entry.text_at("BkTxCd/Domn/Fmly/SubFmlyCd"),
                self._definition.method,
            ),
            identity=(account, *identity),
            hint=bank or next((name for name in names if name), ""),
            texts=tuple(texts),
            payer=payer or None,
            remittance=() if returned else camt_details.remittance(details, amount),
            trace=trace or None,
            returned=returned,
        )

    def _booked_on(self, entry: Element) -> date | None:
        text = entry.text_at("BookgDt/Dt", "BookgDt/DtTm")
        try:
            found: date | None = date.fromisoformat(text[:10])
        except ValueError:
            found = None
        if found is None or found < EARLIEST:
            self._faults.add("date", entry.line, f"'{text}' is no booking date.")
            return None
        return found

    def _check_balances(self, statement: Element) -> None:
        """Opening balance and booked entries must make the closing balance, where both are told."""
        balances: dict[str, list[Money]] = {}
        for balance in statement.all("Bal"):
            kind = balance.text_at("Tp/CdOrPrtry/Cd")
            amount = camt_details.money_of(balance.find("Amt"))
            if amount is not None and not balance.text_at("Tp/SubTp/Cd"):
                signed = -amount if balance.text_at("CdtDbtInd") == "DBIT" else amount
                balances.setdefault(kind, []).append(signed)
        opening = balances.get("OPBD") or balances.get("PRCD") or []
        closing = balances.get("CLBD") or []
        if len(opening) != 1 or len(closing) != 1:
            return
        expected = opening[0].amount
        for entry in statement.all("Ntry"):
            amount = camt_details.money_of(entry.find("Amt"))
            if entry.text_at("Sts/Cd", "Sts") != "BOOK" or amount is None:
                continue
            if amount.currency != closing[0].currency:
                return
            credit = entry.text_at("CdtDbtInd") == "CRDT"
            expected += amount.amount if credit else -amount.amount
        if expected != closing[0].amount:
            self._faults.add(
                "total",
                statement.line,
                f"Opening balance and entries make {expected}, the closing balance is "
                f"{closing[0].amount}: entries are missing or there twice.",
            )
