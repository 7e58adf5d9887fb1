"""The people who end a hold, in the demo: they open the link in their mail and approve."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from local_cloud import SentMail

if TYPE_CHECKING:
    from mspbill.billing_run import LocalBilling

_NEEDS = timedelta(hours=3)  # each, one after the other
_PART = re.compile(r"r(\d+)-(.+)-\d+-\d+")
_LINK = re.compile(r"https://\S+/releases/\S+key=[\w-]+")
_WHY = "Everything is paid; I have looked at the account."


class ReleaseLinkError(RuntimeError):
    """The page behind an approver's link did not take the approval."""


class Approvers:
    """One person of every role that is asked: whoever gets the first mail answers."""

    def __init__(self, billing: LocalBilling) -> None:
        self._billing = billing
        self._mails_seen = 0
        self._asked: set[tuple[str, str, str]] = set()

    def errands(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        """What they will do about the mails that came since the last call, and when."""
        mails = self._billing.cloud.sent_mail
        new, self._mails_seen = mails[self._mails_seen :], len(mails)
        at = self._billing.cloud.clock.now()
        for mail in new:
            told = _PART.fullmatch(mail.tags.get("part", ""))
            if mail.tags.get("kind") != "release" or told is None:
                continue
            asked = (mail.tags["account"], told[1], told[2])
            if asked not in self._asked:
                self._asked.add(asked)
                at += _NEEDS
                yield at, self._approval(_link_in(mail))

    def _approval(self, link: str) -> Callable[[], None]:
        return lambda: self._approve(link)

    def _approve(self, link: str) -> None:
        """Press the button on the page behind the link."""
        parts = urlsplit(link)
        (key,) = parse_qs(parts.query)["key"]
        cloud = self._billing.cloud
        answer = cloud.http(
            "POST",
            parts.path,
            body=urlencode({"key": key, "decision": "approve", "why": _WHY}).encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        if answer.status != 200:
            raise ReleaseLinkError(f"{parts.path} answered {answer.status}: {answer.text[:200]}")
        cloud.run_until(cloud.clock.now())


def _link_in(mail: SentMail) -> str:
    body = mail.message.get_body(("plain",))
    found = _LINK.search(str(body.get_content())) if body is not None else None
    if found is None:
        raise ReleaseLinkError(f"the mail '{mail.headers['Subject']}' has no link to a release")
    return found[0]
