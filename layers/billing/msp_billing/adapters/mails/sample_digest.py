"""A digest as it might be on a bad day, for previews and for trying templates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from msp_billing.domain.attention import Attention, AttentionKind, Digest
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy

_ON = date(2026, 12, 1)


def sample_digest(policy: ProviderPolicy) -> Digest:
    """Five things of four kinds, and some more that are not listed."""
    run, provider = policy.runs[0].run, policy.provider
    december = Period(year=2026, month=12)
    at = f"--provider {provider}"
    entries = (
        Attention(
            kind=AttentionKind.CYCLE_FAILED,
            provider=provider,
            run=run,
            period=december,
            since_at=datetime(2026, 12, 1, 11, 2, tzinfo=UTC),
            what="It stopped: 31 of 120 accounts are parked, over the policy's limit of 0.2 "
            "(TooManyParkedError).",
            do="Mend what it names, then let it go on. It counts anew, with today's prices.",
            command=f"mspbill cycle redrive {run} 2026-12 {at}",
        ),
        Attention(
            kind=AttentionKind.EXPORT_MISSING,
            provider=provider,
            run=run,
            period=december,
            since_at=datetime(2026, 12, 1, 6, tzinfo=UTC),
            what="The export 'Devices' for Tuesday, 1 December 2026, 00:00 is missing; the newest "
            "is as of Saturday, 28 November 2026, 00:00.",
            do="Put it there before Tuesday, 1 December 2026, 12:00, when it is counted. Accounts "
            "that need it are parked otherwise.",
            command="mspbill feeds push DIR --feed devices",
        ),
        *(
            Attention(
                kind=AttentionKind.PAYMENT_WAITING,
                provider=provider,
                since_at=datetime(2026, 11, day, 15, 30, tzinfo=UTC),
                what=f"A payment of {amount} of {payer} (bank:{number}) waits: No open invoice has "
                "this number.",
                do="Say whose it is, or dismiss it if it is nobody's.",
                command=f"mspbill payment assign bank:{number} --account ACCOUNT {at} --by NAME "
                "--why 'as their letter says'",
            )
            for day, amount, payer, number in (
                (27, "$1,250.00", "Cedar Dental", "20261127-4"),
                (30, "$88.40", "a payer without a name", "20261130-1"),
            )
        ),
        Attention(
            kind=AttentionKind.RELEASE_WAITING,
            provider=provider,
            account="tern-harbor",
            since_at=datetime(2026, 11, 29, 14, tzinfo=UTC),
            what="Everything is settled, but the account is still on credit hold. It waits for "
            "Billing team.",
            do="Ask those who hold the keys. The last approval ends the hold.",
            command=f"mspbill hold show tern-harbor {at}",
        ),
    )
    return Digest(provider=provider, on=_ON, entries=entries, more=2)
