"""The peak memory of this process."""

from __future__ import annotations

import re
import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_mib() -> float:
    """The most memory that this process had at once, in MiB.

    Linux counts it anew for a new program, while ``ru_maxrss`` begins with what the process had
    that started it: a small measurement would show the peak of the table's printer.
    """
    if _STATUS.is_file():
        found = _PEAK.search(_STATUS.read_text("ascii"))
        if found is not None:
            return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
