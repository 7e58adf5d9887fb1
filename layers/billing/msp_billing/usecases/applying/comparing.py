"""Policy, prices, accounts and schedules compared with what is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msp_billing.usecases.applying.changes import Change, ChangeGroup, ChangeKind, FieldChange
from msp_billing.usecases.applying.differences import (
    differences,
    document_of,
    moved,
    named_entries,
    said,
)
from msp_billing.usecases.sync_schedules import schedule_fingerprint, schedule_name

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook
    from msp_billing.domain.run_policy import RunPolicy

_APART = frozenset({"provider", "version", "mail_templates"})
_SINGULAR = {
    "clauses": "clause",
    "feeds": "feed",
    "count_rules": "count rule",
    "cross_checks": "cross-check",
    "term_discounts": "term discount",
    "contract_terms": "contract terms",
    "rate_cards": "rate card",
    "work_rules": "work rules",
    "order_rules": "order rule",
    "setup_fees": "setup fee",
    "shipping": "shipping",
    "required_products": "required product",
    "runs": "run",
    "categories": "category",
    "products": "product",
    "agreements": "agreement",
    "orders": "order",
    "adjustments": "adjustment",
    "subscribers": "subscriber",
}
"""What one entry of a list is called."""


def policy_changes(was: ProviderPolicy | None, becomes: ProviderPolicy) -> Iterator[Change]:
    """What a policy says otherwise, and its mail templates."""
    before = {} if was is None else document_of(was)
    after = document_of(becomes)
    yield from _documents(ChangeGroup.POLICY, "settings", _without(before), _without(after))
    templates = ({} if was is None else was.mail_templates, becomes.mail_templates)
    for name in dict.fromkeys((*templates[0], *templates[1])):
        old, new = (texts.get(name) for texts in templates)
        if old != new:
            lengths = {
                side: f"{len(text.splitlines())} lines"
                for side, text in (("was", old), ("becomes", new))
                if text is not None
            }
            fields = (FieldChange(field="text", **lengths),)
            yield _change(ChangeGroup.MAIL_TEMPLATES, name, old, new, fields)


def price_changes(was: PriceBook | None, becomes: PriceBook) -> Iterator[Change]:
    """What a price book says otherwise, product by product."""
    before = {} if was is None else document_of(was)
    after = document_of(becomes)
    title = "settings of the price book"
    yield from _documents(ChangeGroup.PRICES, title, _without(before), _without(after))


def account_changes(known: Mapping[str, Account], accounts: Sequence[Account]) -> Iterator[Change]:
    """The accounts that are new or that their files describe otherwise."""
    for account in accounts:
        was = known.get(account.account)
        if was == account:
            continue
        what = f"{account.account} ({account.name})"
        if was is None:
            agreements = ", ".join(entry.title for entry in account.agreements)
            told = FieldChange(field="agreements", becomes=agreements)
            yield _change(ChangeGroup.ACCOUNTS, what, None, account, (told,))
            continue
        fields = tuple(differences(document_of(was), document_of(account)))
        yield _change(ChangeGroup.ACCOUNTS, what, was, account, fields)


def schedule_changes(there: Mapping[str, str], policy: ProviderPolicy) -> Iterator[Change]:
    """The monthly schedules that would be made, changed or removed.

    Args:
        there: name and fingerprint of those that there are.
    """
    wanted = {schedule_name(policy, run): run for run in policy.runs}
    for name, run in wanted.items():
        fingerprint = schedule_fingerprint(policy, run)
        if there.get(name) == fingerprint:
            continue
        told = FieldChange(field="opens", becomes=opens_words(policy, run))
        yield _change(ChangeGroup.SCHEDULES, name, there.get(name), fingerprint, (told,))
    for name in sorted(there.keys() - wanted.keys()):
        yield _change(ChangeGroup.SCHEDULES, name, there[name], None, ())


def opens_words(policy: ProviderPolicy, run: RunPolicy) -> str:
    """When a run opens each month: ``day 1 at 06:00, America/Chicago``."""
    return f"day {run.opens.day} at {run.opens.at:%H:%M}, {policy.time_zone}"


def _without(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _APART}


def _documents(
    group: ChangeGroup, title: str, was: dict[str, Any], becomes: dict[str, Any]
) -> Iterator[Change]:
    """Plain fields together; of lists whose entries have names, a change for each entry."""
    plain: list[FieldChange] = []
    entries: list[Change] = []
    for name in dict.fromkeys((*was, *becomes)):
        before, after = was.get(name), becomes.get(name)
        named = named_entries(before, after) if name in _SINGULAR else None
        if named is None:
            one = {name: before} if before is not None else {}
            other = {name: after} if after is not None else {}
            plain += differences(one, other)
            continue
        entries += _entries(group, _SINGULAR[name], *named)
        plain += moved(*named, name)
    if plain:
        yield _change(group, title, was or None, becomes or None, tuple(plain))
    yield from entries


def _entries(
    group: ChangeGroup, kind: str, was: Mapping[str, Any], becomes: Mapping[str, Any]
) -> Iterator[Change]:
    for name in dict.fromkeys((*was, *becomes)):
        before, after = was.get(name), becomes.get(name)
        if before == after:
            continue
        titled = after or before or {}
        title = titled.get("title") or titled.get("name")
        what = f"{kind} {name}" + (f" ({title})" if title else "")
        fields: tuple[FieldChange, ...] = ()
        if before is not None and after is not None:
            fields = tuple(differences(before, after))
        elif after is not None and kind == "product":
            fields = (FieldChange(field="prices", becomes=said(after.get("prices", []))),)
        yield _change(group, what, before, after, fields)


def _change(
    group: ChangeGroup, what: str, was: Any, becomes: Any, fields: tuple[FieldChange, ...]
) -> Change:
    kind: ChangeKind = "changed"
    if was is None or becomes is None:
        kind = "added" if was is None else "removed"
    return Change(group=group, kind=kind, what=what, fields=fields)
