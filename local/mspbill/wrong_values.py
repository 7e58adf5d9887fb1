"""Values of a command that its request cannot have, in words, and by the option they came from."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from msp_billing.adapters.directory.model_sentences import explain_pattern
from msp_billing.domain.problems import Problem

_OPTIONS = {
    **dict.fromkeys(
        (
            "by",
            "assigned_by",
            "cleared_by",
            "decided_by",
            "dismissed_by",
            "entered_by",
            "requested_by",
            "settled_by",
            "started_by",
        ),
        "--by",
    ),
    **dict.fromkeys(("reason", "why"), "--why"),
    **dict.fromkeys(("refund", "request", "write_off"), "--name"),
    "recipients": "--to",
}
"""Which option a field of a request is given by, where it has another name."""


def wrong_values(error: ValidationError) -> Iterator[Problem]:
    """A problem for each value."""
    for entry in error.errors():
        field = str(entry["loc"][0]) if entry["loc"] else "the request"
        name, limits = _OPTIONS.get(field, field.replace("_", " ")), entry.get("ctx", {})
        what, fix = f"{name}: {entry['msg']}.", "See the command's --help."
        match entry["type"]:
            case "string_too_short":
                what, fix = f"{name} is empty.", "Write it in a few words."
            case "string_too_long":
                longest = limits["max_length"]
                what = f"{name} is longer than {longest} characters."
                fix = "Write it in fewer words."
            case "string_pattern_mismatch":
                told, fix = explain_pattern(str(limits["pattern"]), str(entry["input"]))
                what = f"{name}: {told}"
            case "value_error":
                what = f"{name}: {limits['error']}."
        yield Problem(code="bad-input", what=what, fix=fix)
