"""What must hold for a state machine (Amazon States Language). A check returns its complaints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

State = dict[str, Any]

# Failures of the Lambda service itself, and two of ours. Whatever else our own code raises is not
# retried blindly.
TRANSIENT_ERRORS = frozenset(
    {
        "Lambda.AWSLambdaException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
        # Ours, for what a service did not take for now; the steps that raise them may be repeated.
        "BusError",
        "MailRefusedForNowError",
    }
)
RETRY_LIMITS = ("IntervalSeconds", "BackoffRate", "MaxAttempts", "MaxDelaySeconds")


def groups(states: dict[str, State]) -> Iterator[dict[str, State]]:
    """Yield a machine's states, and those of every Map and Parallel in it, group by group."""
    yield states
    for state in states.values():
        inner = [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for machine in [*inner, *state.get("Branches", [])]:
            yield from groups(machine["States"])


def next_names(state: State) -> set[str]:
    """The names of the states that may follow a state, its failures included."""
    followers = [*state.get("Choices", []), *state.get("Catch", [])]
    names = {state.get("Next"), state.get("Default"), *(item.get("Next") for item in followers)}
    return {name for name in names if name}


def endings(states: dict[str, State], start: str) -> set[str]:
    """The types of the states in which a path from `start` can end."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += next_names(states[name])
    return {states[name]["Type"] for name in seen if not next_names(states[name])}


def keys(value: object) -> Iterator[str]:
    """Yield every key anywhere in a definition."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def retry_complaints(name: str, state: State) -> list[str]:
    """Name retries of anything but transient errors, or without jitter and a limit."""
    complaints = []
    for retry in state.get("Retry", []):
        if other := set(retry["ErrorEquals"]) - TRANSIENT_ERRORS:
            complaints.append(f"{name}: retries {', '.join(sorted(other))}")
        if retry.get("JitterStrategy") != "FULL":
            complaints.append(f"{name}: retries without JitterStrategy FULL")
        complaints += [f"{name}: retries without {k}" for k in RETRY_LIMITS if k not in retry]
    return complaints


def is_unanswered(state: State, catch: dict[str, Any]) -> bool:
    """Say whether a Catch is for a person who gave no answer in time, which is no failure."""
    waits = str(state.get("Resource", "")).endswith(".waitForTaskToken")
    return waits and catch["ErrorEquals"] == ["States.Timeout"]


def catch_complaints(states: dict[str, State]) -> list[str]:
    """Name every Catch from which a path ends in anything but Fail."""
    return [
        f"{name}: what it catches can end in {', '.join(sorted(wrong))}"
        for name, state in states.items()
        for catch in state.get("Catch", [])
        if not is_unanswered(state, catch) and (wrong := endings(states, catch["Next"]) - {"Fail"})
    ]


def complaints(definition: dict[str, Any]) -> list[str]:
    """Return everything that is wrong with a state machine."""
    found = []
    if definition.get("QueryLanguage") != "JSONata":
        found.append("the query language is not JSONata")
    if "TimeoutSeconds" not in definition:
        found.append("the state machine has no TimeoutSeconds")
    found += [f"{key} hides failures" for key in keys(definition) if key.startswith("Tolerated")]
    for states in groups(definition["States"]):
        found += catch_complaints(states)
        for name, state in states.items():
            found += retry_complaints(name, state)
            if state["Type"] == "Task" and "TimeoutSeconds" not in state:
                found.append(f"{name}: a Task without TimeoutSeconds")
    return found
