"""How long a function runs on Lambda: a model, of counted CPU time and requests.

CPU seconds were measured on this machine without the emulator's part. Lambda's processor is taken
to be slower, and less memory gives less of it. Requests follow one another, each at a usual
latency. What a function waits for SES's rate comes on top (``DeliverMailFunction``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DELIVERING = "DeliverMailFunction"
_NOT_REQUESTS = ("units", "bytes", "events", "invocations", "seconds", "mails", "recipients")


def seconds(used: Mapping[str, float], memory_mb: int, inputs: Mapping[str, Any]) -> float:
    """Billed seconds for what a function used, cold starts apart."""
    share = min(1.0, memory_mb / inputs["vcpu_memory_mb"])
    latency = inputs["latency_ms"]
    waiting = sum(
        count * latency.get(what, latency["other"]) / 1000
        for what, count in used.items()
        if is_request(what)
    )
    return used.get("cpu seconds", 0) * inputs["slower_than_here"] / share + waiting


def delivering_seconds(own: float, mails: float, rate: float, workers: int) -> float:
    """The same for delivering: a worker's share of SES's rate, or its own time if that is longer.

    Args:
        own: seconds without waiting for the rate.
        rate: mails a second that SES allows to all workers together.
    """
    return max(own, mails * workers / rate)


def is_request(what: str) -> bool:
    """Whether a figure counts requests to a service: "dynamodb GetItem", not its units."""
    return " " in what and what.split()[1][:1].isupper() and not what.endswith(_NOT_REQUESTS)
