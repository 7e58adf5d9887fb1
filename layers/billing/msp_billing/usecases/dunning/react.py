"""What a change of the ledger means for the account, at once (DUN-05).

Whoever enters something calls it. What that takes is loaded with the first account that is looked
at: functions start without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.dunning.standing import Standing
    from msp_billing.usecases.ports import Ports


def react(ports: Ports, provider: str, account: str) -> Standing:
    """Do what the ledger of an account asks for now.

    - ``due`` and nothing that counts is overdue: the case is closed, good standing;
    - on hold and settled: the release is asked for; one that is asked for although a payment was
      returned since is cancelled;
    - in good standing, and a payment that ended the last case was returned: the case goes on where
      it stood;
    - a step is due that the case's execution does not know of, because what it waits for has
      changed: another execution looks at once.

    Returns:
        How the account stands then.

    Raises:
        UnknownAccountError: when the book does not have the account.
        ConcurrentStandingError: when others kept changing it first.
    """
    from msp_billing.usecases.dunning.reacting import look_after  # noqa: PLC0415 - see above

    return look_after(ports, provider, account)
