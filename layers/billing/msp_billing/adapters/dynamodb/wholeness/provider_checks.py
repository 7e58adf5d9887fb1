"""Providers, their versions and their book; charges, contacts and links."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.restored_charges import KEPT
from msp_billing.adapters.dynamodb.restored_numbers import LOST, is_number, lost_in
from msp_billing.adapters.dynamodb.wholeness.looking import (
    Looking,
    Outcome,
    Wanted,
    WantedObject,
    differing,
    where,
    wrong,
)
from msp_billing.domain.accounts import Account
from msp_billing.domain.contacts import Contact
from msp_billing.domain.document_links import DocumentLink
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.usecases.records import AccountRecord, CurrentVersions
from msp_billing.usecases.wholeness.findings import FindingKind

if TYPE_CHECKING:
    from msp_billing.usecases.ports.stored import Item


def check_provider_name(_look: Looking, item: Item) -> Iterator[Outcome]:
    """A provider in the list of providers bills with some version."""
    missing = wrong(FindingKind.MISSING_VERSION, item, "no version of it is in force")
    yield Wanted((f"PROVIDER#{item['sk']}", "CURRENT"), missing)


def check_provider_item(look: Looking, item: Item) -> Iterator[Outcome]:
    """Versions are what their hash says, and those in force are there. Counters come later."""
    provider, sk = str(item["pk"]).partition("#")[2], str(item["sk"])
    if sk == "CURRENT":
        current = look.model(CurrentVersions, item)
        pinned = f"POLICY#{current.policy_version}", f"PRICE_BOOK#{current.price_book_version}"
        yield from versions_wanted(item, provider, *pinned)
    elif sk.startswith("POLICY#"):
        look.model(ProviderPolicy, item)
        yield from _hashed(look, item)
    elif sk.startswith("PRICE_BOOK#"):
        look.model(PriceBook, item)
        yield from _hashed(look, item)
    elif sk.startswith("COUNTER#"):
        if not is_number(item.get("last_number")):
            what = f"it stands at {item.get('last_number')}, which is no number"
            yield wrong(FindingKind.UNREADABLE, item, what)
    elif sk.startswith(LOST):
        list(lost_in([item]))
    else:
        yield wrong(FindingKind.UNKNOWN_ITEM, item, "this version knows no such item")


def versions_wanted(item: Item, provider: str, *versions: str) -> Iterator[Outcome]:
    """The versions that an item pins are there."""
    for version in versions:
        what = f"{version.replace('#', ' ').lower()} of {provider} is not there"
        missing = wrong(FindingKind.MISSING_VERSION, item, what)
        yield Wanted((f"PROVIDER#{provider}", version), missing)


def check_account(look: Looking, item: Item) -> Iterator[Outcome]:
    """An account of the book is what its hash says."""
    account = look.model(Account, item)
    yield from differing(item, sk=account.account)
    yield from _hashed(look, item)


def _hashed(look: Looking, item: Item) -> Iterator[Outcome]:
    digest = hashlib.sha256(look.document(item).encode()).hexdigest()
    if item.get("content_sha256") != digest:
        what = "its content is not what its hash was made of"
        yield wrong(FindingKind.CONTENT_HASH, item, what)


def check_charge(look: Looking, item: Item) -> Iterator[Outcome]:
    """A claim is of a cycle whose account bills the charge, or whose invoice a restore lost."""
    if KEPT in item:
        return
    provider = str(item["pk"]).partition("#")[2]
    account, _, charge = str(item["sk"]).partition("#")
    by = str(item.get("claimed_by"))
    what = f"it is claimed by {by}, which does not bill it"
    unbilled = wrong(FindingKind.CHARGE, item, what)

    def bills(record: Item) -> Iterator[Outcome]:
        if charge not in look.model(AccountRecord, record).charges:
            yield unbilled

    yield Wanted(
        (f"CYCLE#{provider}#{by.replace('/', '#')}", f"ACCOUNT#{account}"), unbilled, bills
    )


def check_contact(look: Looking, item: Item) -> Iterator[Outcome]:
    """A contact can be read."""
    contact = look.model(Contact, item)
    yield from differing(item, contact_version=contact.version)


def check_link(look: Looking, item: Item) -> Iterator[Outcome]:
    """A link leads to a document that is there."""
    link = look.text(DocumentLink, item, str(item.get("link")))
    yield WantedObject(link.attachment.key, link.attachment.sha256, where(item))
