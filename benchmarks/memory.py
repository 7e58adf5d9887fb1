"""The peak memory of this process."""

from __future__ import annotations

import re
import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_NOW = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


def peak_mib() -> float:
    """The most memory that this process had at once, in MiB.

    Linux counts it anew for a new program, while ``ru_maxrss`` begins with what the process had
    that started it: a small measurement would show the peak of the table's printer.
    """
    found = _PEAK.search(_STATUS.read_text("ascii")) if _STATUS.is_file() else None
    if found is not None:
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def now_mib() -> float:
    """What this process has in memory at the moment, in MiB; its peak where Linux does not say."""
    found = _NOW.search(_STATUS.read_text("ascii")) if _STATUS.is_file() else None
    return peak_mib() if found is None else int(found[1]) / 1024
