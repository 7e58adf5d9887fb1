"""What is sealed in the records bucket, against the hashes of the table and the manifests."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from msp_billing.adapters.dynamodb.wholeness.looking import (
    Outcome,
    Wanted,
    WantedManifest,
    WantedObject,
)
from msp_billing.domain.seals import seal
from msp_billing.domain.snapshots import SnapshotBatch
from msp_billing.usecases.manifest import ManifestLine
from msp_billing.usecases.wholeness.findings import Finding, FindingKind

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Records


class Seals:
    """Reads sealed objects, each once for each place that names it."""

    def __init__(self, records: Records, looked_at: Counter[str], *, every_object: bool) -> None:
        self._records = records
        self._looked_at = looked_at
        self._every_object = every_object

    def check(self, wanted: WantedObject) -> Iterator[Finding]:
        """An object is there, and is what was sealed."""
        if not self._every_object:
            return
        self._looked_at["sealed objects"] += 1
        content = self._records.find(wanted.key)
        if content is None:
            what = f"{wanted.key} is not in the records bucket"
            yield Finding(kind=FindingKind.MISSING_OBJECT, where=wanted.where, what=what)
        elif seal(content) != wanted.sha256:
            what = f"{wanted.key} has the SHA-256 {seal(content)}, sealed was {wanted.sha256}"
            yield Finding(kind=FindingKind.BROKEN_SEAL, where=wanted.where, what=what)
        elif wanted.is_batch:
            for part in SnapshotBatch.model_validate_json(gzip.decompress(content)).parts:
                yield from self.check(WantedObject(part.key, part.sha256, wanted.where))

    def manifest(self, wanted: WantedManifest) -> Iterator[Outcome]:
        """What a manifest lists: its batches, and an outcome for every account where one is due."""
        self._looked_at["manifests"] += 1
        content = self._records.find(wanted.key)
        if content is None:
            what = f"{wanted.key} is not in the records bucket"
            yield Finding(kind=FindingKind.MISSING_OBJECT, where=wanted.where, what=what)
            return
        for number, text in enumerate(content.splitlines(), start=1):
            try:
                line = ManifestLine.model_validate_json(text)
            except ValidationError:
                what = f"line {number} of {wanted.key} cannot be read"
                yield Finding(kind=FindingKind.BROKEN_SEAL, where=wanted.where, what=what)
                continue
            yield WantedObject(line.key, line.sha256, wanted.where, is_batch=True)
            for account in line.accounts if wanted.with_outcomes else ():
                what = f"{account} was counted, and has no outcome"
                missing = Finding(kind=FindingKind.MISSING_OUTCOME, where=wanted.where, what=what)
                yield Wanted((wanted.pk, f"ACCOUNT#{account}"), missing)
