"""What a reader prints on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.base import CountryCode
    from msp_billing.domain.parties import Paper
    from msp_billing.domain.policy import ProviderPolicy

LETTER_COUNTRIES = frozenset("BZ CA CL CO CR GT MX NI PA PH PR SV US VE".split())  # noqa: SIM905
"""Where office paper is Letter, by CLDR's supplemental data; everywhere else it is A4."""


def usual_paper(country: CountryCode | None) -> Paper | None:
    """The paper of a country; None where the country is not known, and the currency decides."""
    if country is None:
        return None
    return "letter" if country in LETTER_COUNTRIES else "a4"


def paper_of(account: Account, policy: ProviderPolicy) -> Paper | None:
    """What an account prints on: what it says, or as its country does, which may be ours."""
    return account.paper or usual_paper(account.country or policy.country)
