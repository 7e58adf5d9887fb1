"""The tables of docs/cost.md that say what was counted."""

from __future__ import annotations

from collections import defaultdict

from benchmarks.cost.bill import PROVING, Model
from benchmarks.cost.durations import is_request
from benchmarks.cost.figures import Used
from benchmarks.cost.markdown import figure, table

_SUMS = (
    ("DynamoDB: requests", lambda what: what.startswith("dynamodb") and is_request(what)),
    ("DynamoDB: read units", lambda what: what == "dynamodb read units"),
    (
        "DynamoDB: write units, with the index",
        lambda what: what in {"dynamodb write units", "dynamodb index write units"},
    ),
    ("S3: requests", lambda what: what.startswith("s3") and is_request(what)),
    ("SES: mails", lambda what: what == "mails"),
    ("Lambda: invocations", lambda what: what == "lambda invocations"),
    ("EventBridge: events on the own bus", lambda what: what == "events charged"),
    ("all requests to AWS", is_request),
)
_STEPS = (
    "TakeSnapshot",
    "SealSnapshot",
    "BuildInvoices",
    "ReconcileCycle",
    "CompareInvoices",
    "CompareCycle",
    "NumberInvoices",
    "PostInvoices",
    "RenderInvoices",
    "DeliverMail",
    "RecordMailEvent",
    "CloseCycle",
)


_ONLY = {
    "case from notice to service hold": ("AdvanceCaseFunction", "RecordMailEventFunction"),
    "weekly proof": (PROVING,),
}
"""Of chapters that last for days: what is theirs, and not every day's."""


def when(model: Model) -> str:
    """Where and when the figures were counted."""
    told = model.counted.content
    return (
        f"Counted on {told['counted_on']} at commit `{told['commit']}` "
        f"({told['machine']}, shared with other work)."
    )


def sizes(model: Model) -> str:
    """Between which sizes nothing grows (tests/benchmarks/test_cost_document.py)."""
    small, *_, large = (size[0] for size in model.counted.first_months)
    return (
        "- Requests, units and transitions for an invoice do not grow: they were counted from "
        f"{small:,} to {large:,} accounts."
    )


def constancy(model: Model) -> str:
    """Per invoice, at each size of the first month."""
    sizes = model.counted.first_months
    sums = [_summed(model.counted.used_by_cycle(size), size[0]) for size in sizes]
    rows = [[name, *(figure(found[name]) for found in sums)] for name, _ in _SUMS]
    states = [sum(model.counted.cycles[size]["states"].values()) / size[0] for size in sizes]
    rows.append(["Step Functions: states entered", *(figure(entered) for entered in states)])
    return table(["per invoice", *(f"{size[0]:,} accounts" for size in sizes)], rows)


def _summed(used: Used, accounts: int) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for function, counted in used.items():
        for what, count in counted.items():
            if function.startswith("(") and what.startswith("eventbridge"):
                continue  # SES's own way to tell of a mail
            for name, belongs in _SUMS:
                if belongs(what):
                    found[name] += count / accounts
    return found


def steps(model: Model) -> str:
    """By step, what an invoice of an ordinary month takes."""
    lines = model.counted.cycle(model.inputs["lines"])
    rows = []
    for step in _STEPS:
        each = {what: line.each for what, line in lines[f"{step}Function"].items()}
        requests = sorted(
            ((count, what.split()[1]) for what, count in each.items() if is_request(what)),
            reverse=True,
        )
        named = ", ".join(f"{name} {figure(count)}" for count, name in requests if count >= 0.005)
        rows.append(
            [
                f"`{step}`",
                named or "–",
                figure(each.get("dynamodb read units", 0)),
                figure(
                    each.get("dynamodb write units", 0) + each.get("dynamodb index write units", 0)
                ),
                figure(each.get("cpu seconds", 0) * 1000),
            ]
        )
    head = ["step", "requests per invoice", "read units", "write units", "CPU ms"]
    return table(head, rows)


def chapters(model: Model) -> str:
    """What one payment, case or look uses."""
    told = model.counted.content["receivables"][-1]["chapters"]
    rows = []
    for name in told:
        used, states = model.counted.chapter(name)
        only = _ONLY.get(name.partition(",")[0], tuple(used))
        used = {function: used[function] for function in only}
        sums = _summed(used, 1)
        rows.append(
            [
                name,
                figure(sums["DynamoDB: requests"]),
                figure(sums["DynamoDB: read units"]),
                figure(sums["DynamoDB: write units, with the index"]),
                figure(sums["S3: requests"]),
                figure(sums["SES: mails"]),
                figure(sums["Lambda: invocations"]),
                figure(states),
            ]
        )
    head = [
        *("what", "DynamoDB requests", "read units", "write units"),
        *("S3 requests", "mails", "invocations", "states"),
    ]
    return table(head, rows)
