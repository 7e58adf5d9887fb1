"""Which export of a feed a snapshot takes, told from the names that exports have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msp_billing.domain.date_rules import local_instant
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport
from msp_billing.domain.feeds.formats import FORMAT_PRESETS

CHECKSUM_SUFFIX = ".sha256"
"""What stands after an export's own name in the name of its checksum file."""

_AS_OF = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2})(\d{2}))?(\.[a-z]+)$", re.ASCII)
_ACCOUNT = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")
_CHECKSUM = re.compile(r"^\\?([0-9a-fA-F]{64})(?:[ \t]+\*?[^\r\n]*)?(?:\r?\n)?$")


class ExportKeyError(ValueError):
    """A file lies among the exports of a feed but does not say what it is."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix


class ChecksumError(ValueError):
    """A checksum file does not hold a checksum."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix


def parse_export_key(
    key: str, definition: FeedDefinition, zone: ZoneInfo, sha256: str | None = None
) -> FeedExport:
    """Read what an export is from where it lies.

    Args:
        key: relative to the provider's feeds: ``rmm-devices/2026-11-23.csv`` for a feed of scope
            "provider", ``ad-users/acme/2026-11-23T1800.csv`` for one of scope "account".
        definition: the feed that the key's first folder names.
        zone: the provider's time zone; names say local time, a day alone means its 00:00.
        sha256: the checksum that was announced for it, hexadecimal.

    Raises:
        ExportKeyError: when the key is not of that form.
    """
    feed, *folders, name = key.split("/")
    if feed != definition.feed:
        raise ExportKeyError(
            f"'{key}' is no export of the feed '{definition.feed}'.",
            f"Move it to the folder '{definition.feed}'.",
        )
    account = _account_of(folders, definition)
    return FeedExport(
        feed=definition.feed,
        key=key,
        as_of_at=_as_of(name, definition, zone),
        time_zone=zone.key,
        account=account,
        sha256=sha256,
    )


def _account_of(folders: list[str], definition: FeedDefinition) -> str | None:
    if definition.scope == "provider":
        if folders:
            raise ExportKeyError(
                f"The feed '{definition.feed}' has one file for all accounts, this one lies in "
                f"the folder '{'/'.join(folders)}'.",
                f"Move it up into the folder '{definition.feed}'.",
            )
        return None
    if len(folders) != 1 or not _ACCOUNT.match(folders[0]):
        raise ExportKeyError(
            f"The feed '{definition.feed}' has one folder per account, and this file is not in "
            "the folder of an account.",
            f"Move it to {definition.feed}/ACCOUNT/, with the account's id as the folder's name.",
        )
    return folders[0]


def _as_of(name: str, definition: FeedDefinition, zone: ZoneInfo) -> datetime:
    suffixes = FORMAT_PRESETS[definition.format].suffixes
    names = " or ".join(
        f"{form}{suffix}" for suffix in suffixes for form in ("YYYY-MM-DD", "YYYY-MM-DDTHHMM")
    )
    help_text = (
        f"Name it after the moment it describes, in the provider's local time: {names}, such as "
        f"2026-11-23T1800{suffixes[0]}."
    )
    match = _AS_OF.match(name)
    if match is None:
        raise ExportKeyError(f"'{name}' does not say as of when it is.", help_text)
    if match[6] not in suffixes:
        raise ExportKeyError(
            f"'{name}' does not end in {' or '.join(suffixes)}, as files of the format "
            f"'{definition.format}' do.",
            help_text,
        )
    year, month, day, hour, minute = (int(part or 0) for part in match.groups()[:5])
    try:
        local = datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError:
        raise ExportKeyError(f"'{name}' names a moment that does not exist.", help_text) from None
    return local_instant(local.date(), time(hour, minute), zone)


def parse_checksum(text: str) -> str:
    """The checksum in a ``.sha256`` file as ``sha256sum`` writes it, or the bare 64 digits.

    Raises:
        ChecksumError: when there is none, or more than one.
    """
    match = _CHECKSUM.match(text)
    if match is None:
        raise ChecksumError(
            "The checksum file does not hold one SHA-256 checksum.",
            "Write it anew with `sha256sum FILE > FILE.sha256`, or remove it.",
        )
    return match[1].lower()


def age_hours(as_of_at: datetime, moment_at: datetime) -> int:
    """How old an export is at a moment: whole hours, rounded down."""
    return (moment_at - as_of_at) // timedelta(hours=1)


def choose_export(
    exports: Iterable[FeedExport],
    moment_at: datetime,
    definition: FeedDefinition,
    account: str | None = None,
) -> FeedExport | None:
    """The newest export that describes the moment or a time shortly before it (fault 25).

    An export of after the moment is never taken: it knows of items that came later. One that is
    older than the feed allows is never taken either: what it says may no longer be so, and the
    accounts that need it are parked. Of two for the same moment, which validation refuses, the
    one with the last name is taken, so that a replay takes the same.

    Args:
        exports: any exports; only those of this feed and account are looked at.
        moment_at: the snapshot moment, aware.
        definition: the feed.
        account: whose export; None for a feed of scope "provider".
    """
    usable = (
        export
        for export in exports
        if (export.feed, export.account) == (definition.feed, account)
        and export.as_of_at <= moment_at
        and age_hours(export.as_of_at, moment_at) <= definition.max_age_hours
    )
    return max(usable, key=lambda export: (export.as_of_at, export.key), default=None)
