"""Documents that are only named."""

from __future__ import annotations

from dataclasses import dataclass, field

from msp_billing.domain.base import Frozen
from msp_billing.domain.dunning.letters import DunningLetter
from msp_billing.domain.ledger.account_statement import AccountStatement
from msp_billing.domain.policy import ProviderPolicy


@dataclass
class FakeRenderer:
    """Documents as the JSON of what they tell, or the next errors that it was given."""

    errors: list[Exception] = field(default_factory=list)

    def render_letter(self, letter: DunningLetter, policy: ProviderPolicy) -> bytes:
        return self._rendered(letter, policy)

    def render_statement(self, told: AccountStatement, policy: ProviderPolicy) -> bytes:
        return self._rendered(told, policy)

    def _rendered(self, told: Frozen, policy: ProviderPolicy) -> bytes:
        if self.errors:
            raise self.errors.pop(0)
        return f"%PDF {policy.provider} {told.model_dump_json()}".encode()
