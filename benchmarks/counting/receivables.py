"""What comes after the invoices: payments, returns, cases of those who do not pay, daily looks.

An eighth of the accounts goes all the way to service hold and is released; the others pay. Each
chapter is counted by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from benchmarks import books
from benchmarks.counting import debtors
from benchmarks.counting.meter import Meter
from benchmarks.counting.scenes import CYCLE, Scene, put_export, small_cloud
from local_cloud import LocalCloud
from msp_billing import wiring
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import IncomingReturn, PaymentKey
from msp_billing.usecases.apply_provider import apply_provider
from msp_billing.usecases.dunning.release_approvals import ApprovalRequest, approve_release
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.receivables.booking import take_return
from msp_billing.usecases.stored_invoices import invoices_of

DUE_ON = date(2026, 11, 20)
Paid = tuple[str, str, Decimal]
"""Account, number of its invoice, and its amount."""


def count_receivables(accounts: int, lines: int) -> Scene:
    """Figures of each chapter, and how many accounts, payments or cases it is about."""
    with small_cloud() as cloud, Meter() as meter:
        story = _Story(cloud, meter, accounts, lines)
        return {
            "accounts": accounts,
            "lines": lines,
            "chapters": story.told(),
            "stored": meter.stored(),
            "metrics": sorted(" ".join(entry) for entry in meter.metrics),
        }


@dataclass(frozen=True)
class _Story:
    cloud: LocalCloud
    meter: Meter
    accounts: int
    lines: int

    def told(self) -> dict[str, Scene]:
        put_export(self.cloud, self.accounts, self.lines)
        ports = wiring.ports()
        book = [debtors.account(number, self.lines) for number in range(self.accounts)]
        apply_provider(ports, debtors.policy(), books.price_book(), book, books.PERIOD)
        self.until(3, 16)
        everybody = list(_invoices(ports, [entry.account for entry in book]))
        share = max(2, self.accounts // 8)
        late, over_http = everybody[:share], everybody[share : 2 * share]
        by_bank = everybody[2 * share :]
        chapters = {
            "bank file, each payment": (len(by_bank), lambda: self._bank_file(by_bank)),
            "HTTP API, each payment": (share, lambda: self._http(over_http)),
            "return, each": (share, lambda: self._returns(ports, over_http)),
        }
        found = {name: self._count(of, act) for name, (of, act) in chapters.items()}
        self._http(over_http, "again")
        self.until(4, 12)
        found["weekday, each account with a ledger"] = self._count(
            self.accounts, lambda: self.until(5, 12)
        )
        self.until(8, 9)
        found["weekly proof, each account"] = self._count(self.accounts, lambda: self.until(15, 9))
        self.until(20, 22)
        found["case from notice to service hold, each"] = self._count(
            share, lambda: self.cloud.run_until(datetime(2027, 1, 8, 16, tzinfo=UTC))
        )
        self._check(ports, late, AccountState.SERVICE_HOLD)
        found["day on service hold, each"] = self._count(
            share, lambda: self.cloud.run_until(datetime(2027, 1, 9, 16, tzinfo=UTC))
        )
        found["release with two keys, each"] = self._count(
            share, lambda: self._release(ports, late)
        )
        self._check(ports, late, AccountState.GOOD_STANDING)
        return found

    def until(self, day: int, hour: int, minute: int = 0) -> None:
        """Go on to a moment in November."""
        self.cloud.run_until(datetime(2026, 11, day, hour, minute, tzinfo=UTC))

    def _count(self, of: int, act: Callable[[], object]) -> Scene:
        self.meter.reset()
        act()
        return {"of": of, "used": self.meter.counts(), "states": self.meter.states_entered()}

    def _bank_file(self, paid: Sequence[Paid]) -> None:
        rows = [(f"T-{number}", number, amount) for _, number, amount in paid]
        self.cloud.client("s3").put_object(
            Bucket=os.environ["FEEDS_BUCKET"],
            Key=f"{debtors.BANK_FILE}/2026-11-03.csv",
            Body=debtors.bank_file(rows, date(2026, 11, 3)),
        )
        self.cloud.run_until(self.cloud.clock.now() + timedelta(minutes=5))

    def _http(self, paid: Sequence[Paid], name: str = "first") -> None:
        today = self.cloud.clock.now().date()
        for account, number, amount in paid:
            answer = self.cloud.http(
                "POST",
                f"/providers/{books.PROVIDER}/payments",
                body=debtors.payment(f"{name}-{number}", account, amount, today),
                headers={"content-type": "application/json"},
                principal="shop",
            )
            if answer.status != 200 or answer.json()["state"] != "booked":
                raise RuntimeError(f"not booked: {answer.text}")
            self.meter.add("http requests")
        self.cloud.run_until(self.cloud.clock.now() + timedelta(minutes=5))

    def _returns(self, ports: Ports, paid: Sequence[Paid]) -> None:
        """As the bank's file of returns does, without the file."""
        for _, number, amount in paid:
            key = PaymentKey(provider=books.PROVIDER, source="api", external_id=f"first-{number}")
            back = IncomingReturn(
                key=key.model_copy(update={"external_id": f"back-{number}"}),
                amount=Money(amount=amount, currency="USD"),
                returned_on=date(2026, 11, 3),
                code="R01",
                reason="Insufficient funds",
                payment=key,
            )
            take_return(ports, back, "bank")
        self.cloud.run_until(self.cloud.clock.now() + timedelta(minutes=5))

    def _release(self, ports: Ports, late: Sequence[Paid]) -> None:
        self._http(late, "late")
        for account, _, _ in late:
            for role, by in (("engineer", "eng@benchmark.example"), ("billing", debtors.CLERK)):
                approve_release(
                    ports,
                    ApprovalRequest(
                        provider=books.PROVIDER, account=account, role=role, by=by, why="Paid."
                    ),
                )
        self.cloud.run_until(self.cloud.clock.now() + timedelta(minutes=10))

    def _check(self, ports: Ports, late: Sequence[Paid], state: AccountState) -> None:
        for account, _, _ in late:
            found = ports.standings.find(books.PROVIDER, account).state
            if found is not state:
                raise RuntimeError(f"{account} is {found}, not {state}")


def _invoices(ports: Ports, accounts: Sequence[str]) -> list[Paid]:
    records = ports.invoices.records(CYCLE, accounts)
    found = []
    for account, invoices in invoices_of(ports, CYCLE, records).items():
        for invoice in invoices:
            ledger = LedgerId(provider=books.PROVIDER, account=account, currency="USD")
            owed = ports.ledgers.position(ledger).owed
            found.append((account, invoice.number or "", owed))
    return found
