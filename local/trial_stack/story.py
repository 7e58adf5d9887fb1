"""What happens in a trial, the same on every stage: a month is billed, an account does not pay.

The days are those at the top of ``provider/provider.yaml``. The clock only ever stands where the
story puts it: behind the issue day while the cycle runs, so that no wait is long, and then at one
day after the other on which something is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.cycles import CycleId, CycleState
from msp_billing.domain.dunning.standing import AccountState, NoticeAttempt, Standing
from msp_billing.domain.outbox import MailState
from msp_billing.domain.periods import Period
from msp_billing.usecases.apply_provider import apply_provider
from msp_billing.usecases.approve_run import Decision, decide_run
from msp_billing.usecases.mailing.listing_mails import MailsQuestion, list_mails
from trial_stack.findings import Findings, observe
from trial_stack.stages import Stage, StageError

PROVIDER = "trial-msp"
APRIL = Period(year=2025, month=4)
CYCLE = CycleId(provider=PROVIDER, run="managed", period=APRIL)
START_AT = datetime(2025, 4, 2, 14, tzinfo=UTC)
LATE, PARTLY, PAYER = "birch-bakery", "cedar-school", "alder-clinic"

Tell = Callable[[str], None]


def play(stage: Stage, directory: Path, tell: Tell) -> Findings:
    """Play the whole story and return what it has left.

    Args:
        directory: the provider's directory.
        tell: is told of each step before it is taken.

    Raises:
        StageError: when something does not happen that should.
    """
    story = _Story(stage, directory, tell)
    schedules = story.set_up()
    story.bill()
    story.take_payments()
    story.follow_unpaid()
    story.release()
    found = {"schedules": schedules, **observe(stage.ports, CYCLE)}
    accepted = stage.accepted()
    return found if accepted is None else {**found, "accepted by SES": accepted}


@dataclass(frozen=True)
class _Story:
    stage: Stage
    directory: Path
    tell: Tell

    def set_up(self) -> dict[str, dict[str, object]]:
        """The provider is applied, its schedules are made, its exports are there."""
        self.tell("apply the provider, upload its exports")
        self.stage.move_to(START_AT)
        loaded = load_provider_directory(self.directory)
        apply_provider(self.stage.ports, loaded.policy, loaded.price_book, loaded.accounts, APRIL)
        self.stage.upload(self.directory / "feeds", PROVIDER)
        self.stage.wait_until(
            "the monthly schedule",
            lambda: bool(self.stage.ports.schedules.of_provider(PROVIDER)),
        )
        return self.stage.schedules()

    def bill(self) -> None:
        """A person starts the cycle and approves it; it goes its whole way."""
        self.tell("start the cycle, and approve it when it asks")
        self._start()
        self.stage.wait_until("the question for an approval", self._is_asked)
        self.stage.mails_arrive()
        decide_run(
            self.stage.ports, CYCLE, Decision(decision="approved", decided_by="boss of the trial")
        )
        self.stage.wait_until("the closed cycle", self._is_closed)
        self.stage.mails_arrive()
        self.stage.wait_until("every mail at its end", self._mails_are_over)
        again = self._start()
        if again != "already_done":
            raise StageError(f"The cycle was started twice: {again}.")

    def take_payments(self) -> None:
        """One account pays in full, one a part; one reports the same payment twice."""
        self.tell("take payments")
        self._move(4, 10)
        paid = ("398.50", "--method", "ach", "--reference", "ACH-1", "--by", "clerk")
        for _ in range(2):
            self.stage.mspbill("payment", "take", PAYER, *paid, "--on", "2025-04-10")
        part = ("100.00", "--method", "check", "--reference", "CHECK-7", "--by", "clerk")
        self.stage.mspbill("payment", "take", PARTLY, *part, "--on", "2025-04-10")

    def follow_unpaid(self) -> None:
        """Notice, warning, credit hold, warning, and service hold after 30 days on credit hold."""
        self.tell("follow what is not paid: two notices")
        self._due(4, 18, "past-due", LATE)
        self._notice_arrives(4, 18, "past-due", PARTLY)
        rest = ("150.00", "--method", "wire", "--reference", "WIRE-9", "--by", "clerk")
        self.stage.mspbill("payment", "take", PARTLY, *rest, "--on", "2025-04-18")
        self.stage.wait_until(
            f"{PARTLY} in good standing",
            lambda: self._state(PARTLY) is AccountState.GOOD_STANDING,
        )
        self._due(4, 25, "credit-hold-warning", LATE)
        self.tell("credit hold, and 30 days later the service hold")
        self._due(5, 2, "credit-hold", LATE)
        self._expect(LATE, AccountState.CREDIT_HOLD)
        self._due(5, 27, "service-hold-warning", LATE)
        self._due(6, 3, "service-hold", LATE)
        self._expect(LATE, AccountState.SERVICE_HOLD)

    def release(self) -> None:
        """What is owed is paid; the hold ends with the second key and not before."""
        self.tell("payment, and release with two keys")
        self._move(6, 5)
        paid = ("99.00", "--method", "wire", "--reference", "WIRE-12", "--by", "clerk")
        self.stage.mspbill("payment", "take", LATE, *paid, "--on", "2025-06-05")
        self.stage.wait_until("both keys asked for", self._keys_are_asked_for)
        self.stage.mails_arrive()
        self._approve("engineer", "success+engineer@simulator.amazonses.com")
        self._expect(LATE, AccountState.SERVICE_HOLD)
        self._approve("billing", "success+clerk@simulator.amazonses.com")
        self.stage.wait_until(
            f"{LATE} in good standing", lambda: self._state(LATE) is AccountState.GOOD_STANDING
        )
        self.stage.wait_until("the letter about it", self._nothing_waits)
        self.stage.mails_arrive()
        self.stage.wait_until("every mail at its end", self._mails_are_over)

    # --- Steps -----------------------------------------------------------------------------------

    def _start(self) -> str:
        started = self.stage.invoke(
            "StartCycleFunction",
            {
                "provider": PROVIDER,
                "run": CYCLE.run,
                "period": str(APRIL),
                "started_by": "the trial",
            },
        )
        return str(started["outcome"])

    def _move(self, month: int, day: int, hour: int = 14, minute: int = 0) -> None:
        self.stage.move_to(datetime(2025, month, day, hour, minute, tzinfo=UTC))

    def _due(self, month: int, day: int, step: str, account: str) -> None:
        """The day has come on which a step is due: the daily sweep first, then the case itself."""
        self._move(month, day)
        self.stage.invoke("SweepAccountsFunction", {})
        self._notice_arrives(month, day, step, account)

    def _notice_arrives(self, month: int, day: int, step: str, account: str) -> None:
        """The step is taken, its letter arrives, and the case has seen that it did."""
        self.stage.wait_until(
            f"{account}: the letter of {step}", lambda: self._letter_is_out(account, step)
        )
        self.stage.mails_arrive()
        self._move(month, day, minute=30)
        self.stage.wait_until(
            f"{account}: what follows {step}",
            lambda: self._letter_has_arrived(account, step) and self._cases_wait(),
        )

    def _approve(self, role: str, person: str) -> None:
        why = ("--why", "All is paid.")
        self.stage.mspbill("hold", "approve", LATE, "--role", role, "--by", person, *why)

    # --- What is seen ----------------------------------------------------------------------------

    def _standing(self, account: str) -> Standing:
        return self.stage.ports.standings.find(PROVIDER, account)

    def _state(self, account: str) -> AccountState:
        return self._standing(account).state

    def _expect(self, account: str, state: AccountState) -> None:
        if self._state(account) is not state:
            raise StageError(f"{account} is on {self._state(account)}, not on {state}.")

    def _letter_is_out(self, account: str, step: str) -> bool:
        return bool(self._attempts(account, step)) and self._nothing_waits()

    def _letter_has_arrived(self, account: str, step: str) -> bool:
        """Whether the case itself knows of it."""
        return any(one.delivered_at is not None for one in self._attempts(account, step))

    def _attempts(self, account: str, step: str) -> tuple[NoticeAttempt, ...]:
        case = self._standing(account).case
        taken = next((one for one in case.steps if one.step == step), None) if case else None
        return () if taken is None else taken.attempts

    def _is_asked(self) -> bool:
        self._fail_with_the_cycle()
        return self.stage.ports.cycles.approval(CYCLE) is not None and self._mails(
            MailState.SENT, MailState.DELIVERED
        )

    def _is_closed(self) -> bool:
        self._fail_with_the_cycle()
        cycle = self.stage.ports.cycles.find(CYCLE)
        return cycle is not None and cycle.state is CycleState.CLOSED

    def _fail_with_the_cycle(self) -> None:
        cycle = self.stage.ports.cycles.find(CYCLE)
        if cycle is not None and cycle.state is CycleState.FAILED:
            raise StageError(f"The cycle failed: {cycle.error}: {cycle.failure}")

    def _mails(self, *states: MailState) -> bool:
        """Whether there are mails, all of them in one of these states."""
        question = MailsQuestion(provider=PROVIDER, months=6)
        found = {mail.state for mail in list_mails(self.stage.ports, question)}
        return bool(found) and found <= set(states)

    def _mails_are_over(self) -> bool:
        return self._mails(MailState.DELIVERED)

    def _nothing_waits(self) -> bool:
        return self._mails(MailState.SENT, MailState.DELIVERED)

    def _cases_wait(self) -> bool:
        """Whether every open case has looked, and waits for a time to come.

        On service hold nothing is left to wait for: the execution has ended.
        """
        now = self.stage.ports.clock.now()
        cases = (
            entry.open_case
            for entry in self.stage.ports.standings.all_of(PROVIDER)
            if entry.state is not AccountState.SERVICE_HOLD
        )
        return all(
            case.looks_at is not None and case.looks_at > now for case in cases if case is not None
        )

    def _keys_are_asked_for(self) -> bool:
        release = self._standing(LATE).release
        return release is not None and len(release.keys) == 2 and self._nothing_waits()
