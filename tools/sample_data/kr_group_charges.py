"""The sample account of The KR Group that shows minimums, steps, allowances, credits and tax."""

from __future__ import annotations

from datetime import date

from tools.sample_data.kr_group_parts import fixed, managed_it, per_user, recurring, users
from tools.sample_data.writing import Customer, Document, Profile


def tamarack_lodge() -> Customer:
    """See the story in its file."""
    adjustments: list[Document] = [
        {
            "adjustment": "mail-outage-september",
            "dated_on": date(2026, 9, 22),
            "amount": "-75.00",
            "category": "managed-it",
            "description": "Credit for the mail outage of 21 September",
            "reason": "Ticket 20931, agreed on the phone",
            "entered_by": "Accounting clerk",
        },
        {
            "adjustment": "late-goodwill",
            "dated_on": date(2026, 10, 26),
            "amount": "-600.00",
            "category": "managed-it",
            "description": "Goodwill for the late rollout",
            "reason": "Asked for by the account manager",
            "entered_by": "Accounting clerk",
        },
    ]
    profile = Profile(
        "tamarack-lodge",
        "Tamarack Lodge",
        ("General Manager", "900 Forest Road", "Pinecrest, MI 00000"),
        more={"tax_place": "michigan", "adjustments": adjustments},
    )
    start = date(2026, 1, 1)
    minimum: Document = {
        "minimum": "monthly",
        "amount": "1500.00",
        "categories": ["managed-it"],
        "clause": "volume-minimum",
    }
    lines = [
        fixed("MAIL-FILTER", 40),
        fixed("FAX-LINE", 8),
        fixed("SWITCH-24", 2, bill_once_in="2026-10"),
    ]
    return Customer(
        profile.document(
            [
                managed_it("traditional", 3, start, per_user(), minimums=[minimum]),
                recurring("subscriptions", "Other subscriptions", start, lines),
            ]
        ),
        "A term of 3 years with a monthly minimum of 1,500.00 that its twelve users no longer come "
        "to; mail filter by steps, cloud fax with an allowance; two switches sold in October, "
        "with sales tax; a credit, and a larger one that waits for somebody to agree.",
        users=users(profile.account, 12, 0),
    )
