"""What pushing a directory's exports would upload: new, the same, changed, taken already."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.domain.base import Frozen
from msp_billing.domain.feeds.definitions import FeedExport
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.taken_exports import Taking, taken_exports
from mspbill.feed_shelf import FeedShelf, sha256_of
from mspbill.opening import SourceError


class Fate(StrEnum):
    """What pushing does with an export."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    TAKEN = "taken"


class PlannedFile(Frozen):
    """One export of the directory."""

    feed: str
    key: str
    size_bytes: int
    sha256: str
    fate: Fate
    taken_by: Taking | None = None


class FeedPlan(Frozen):
    """Every export of the directory, in order."""

    provider: str
    files: tuple[PlannedFile, ...]

    def of(self, *fates: Fate) -> tuple[PlannedFile, ...]:
        """The files with one of these fates."""
        return tuple(file for file in self.files if file.fate in fates)


def plan_push(ports: Ports, directory: ProviderDirectory, feeds: Sequence[str] | None) -> FeedPlan:
    """Compare the exports of a directory with the bucket. Nothing is uploaded.

    Raises:
        SourceError: when the policy has no such feed.
    """
    policy = directory.policy
    known = [feed.feed for feed in policy.feeds]
    for feed in feeds or ():
        if feed not in known:
            raise SourceError(f"{policy.provider} has no feed '{feed}', but {', '.join(known)}.")
    wanted = [export for export in directory.exports if not feeds or export.feed in feeds]
    shelf = FeedShelf(policy.provider)
    there = {
        key: file
        for feed in sorted({export.feed for export in wanted})
        for key, file in shelf.files(feed).items()
    }
    taken: dict[str, Taking] = {}
    files: list[PlannedFile] = []
    for export in wanted:
        path = directory.feeds_root / export.key
        size, sha256 = path.stat().st_size, sha256_of(path)
        fate = Fate.NEW
        if export.key in there:
            same = shelf.holds(there[export.key], sha256, size)
            fate = Fate.SAME if same else Fate.CHANGED
        if fate is Fate.CHANGED:
            taken = taken or _taken(ports, directory)
            fate = Fate.TAKEN if export.key in taken else fate
        files.append(
            PlannedFile(
                feed=export.feed,
                key=export.key,
                size_bytes=size,
                sha256=sha256,
                fate=fate,
                taken_by=taken.get(export.key) if fate is Fate.TAKEN else None,
            )
        )
    return FeedPlan(provider=policy.provider, files=tuple(files))


def push(plan: FeedPlan, directory: ProviderDirectory, fates: Sequence[Fate]) -> int:
    """Upload the files with one of these fates, oldest first; how many there were."""
    shelf = FeedShelf(plan.provider)
    chosen = plan.of(*fates)
    for file in chosen:
        shelf.put(file.key, directory.feeds_root / file.key, file.sha256)
    return len(chosen)


def exports_by_feed(ports: Ports, directory: ProviderDirectory) -> dict[str, list[FeedExport]]:
    """What the bucket holds now."""
    policy = directory.policy
    return {
        feed.feed: ports.feeds.exports(policy.provider, feed, policy.time_zone)
        for feed in policy.feeds
    }


def _taken(ports: Ports, directory: ProviderDirectory) -> dict[str, Taking]:
    if ports.policies.find_current(directory.policy.provider) is None:
        return {}
    return taken_exports(ports, directory.policy, exports_by_feed(ports, directory))
