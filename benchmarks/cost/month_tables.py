"""The tables of docs/cost.md that say what a month costs."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.cost.bill import SERVICES, Model, dollars, together
from benchmarks.cost.figures import price_list, prices
from benchmarks.cost.markdown import figure, money, table
from benchmarks.cost.storage import stored

ACCOUNTS = (1000, 100_000, 1_000_000)
_AGAIN = ("TakeSnapshot", "SealSnapshot", "BuildInvoices", "ReconcileCycle", "CompareInvoices")
"""Steps that run twice in a month whose first count was refused."""


def months(model: Model) -> str:
    """A month's bill by service and by what it is for, at each number of accounts."""
    rows = [[name, *(money(parts(model, n)[name]) for n in ACCOUNTS)] for name in _names(model)]
    totals = [sum(parts(model, n).values()) for n in ACCOUNTS]
    rows.append(["**a month**", *(f"**{money(total)}**" for total in totals)])
    rows.append(
        [
            "an account and month",
            *(money(total / n) for total, n in zip(totals, ACCOUNTS, strict=True)),
        ]
    )
    return table(["", *(f"{n:,} accounts" for n in ACCOUNTS)], rows)


def parts(model: Model, accounts: int, years: float = 1) -> dict[str, float]:
    """Dollars of a month by what they are for; storage as after so many years."""
    found = {"the cycle": sum(dollars(model.cycle(accounts)).values())}
    for name, quantities in model.receivables(accounts).items():
        found[name] = sum(dollars(quantities).values())
    found["storage, after a year"] = sum(stored(model).each_month(accounts, 12 * years).values())
    found["alarms, dashboard, key, metrics"] = sum(model.each_month().values())
    return found


def _names(model: Model) -> list[str]:
    return list(parts(model, ACCOUNTS[0]))


def thousand(model: Model) -> str:
    """1,000 invoices by service, with and without SES."""
    found = [_per_thousand(model, n) for n in ACCOUNTS]
    rows = [[service, *(money(each[service]) for each in found)] for service in SERVICES]
    rows.append(["**1,000 invoices**", *(f"**{money(sum(each.values()))}**" for each in found)])
    without = [sum(each.values()) - each["SES"] for each in found]
    rows.append(["without SES", *(money(each) for each in without)])
    return table(["", *(f"of {n:,}" for n in ACCOUNTS)], rows)


def _per_thousand(model: Model, accounts: int) -> dict[str, float]:
    found = dollars(model.cycle(accounts))
    return {service: amount * 1000 / accounts for service, amount in found.items()}


def by_lines(changed: Mapping[int, Model]) -> str:
    """How 1,000 invoices change with their lines."""
    found = {lines: _per_thousand(model, 100_000) for lines, model in changed.items()}
    rows = [[service, *(money(each[service]) for each in found.values())] for service in SERVICES]
    totals = (money(sum(each.values())) for each in found.values())
    rows.append(["**1,000 invoices**", *(f"**{total}**" for total in totals)])
    return table(["", *(f"{lines:,} lines" for lines in found)], rows)


def by_overdue(changed: Mapping[float, Model]) -> str:
    """How a month changes with the share of accounts that do not pay."""
    found = {share: parts(model, 100_000) for share, model in changed.items()}
    names = list(next(iter(found.values())))
    rows = [[name, *(money(each[name]) for each in found.values())] for name in names]
    rows.append(["**a month**", *(f"**{money(sum(each.values()))}**" for each in found.values())])
    return table(["100,000 accounts", *(f"{share:.0%} overdue" for share in found)], rows)


def storage(model: Model) -> str:
    """How storage grows over the years that records are kept."""
    kept = stored(model)
    rows = []
    for years in (1, 3, 7):
        for n in (100_000, 1_000_000):
            cost = kept.each_month(n, 12 * years)
            rows.append(
                [
                    f"{years} {'year' if years == 1 else 'years'}, {n:,} accounts",
                    f"{kept.table_bytes(n, 12 * years) / 2**30:,.0f} GB",
                    f"{kept.record_bytes(n, 12 * years) / 2**30:,.0f} GB",
                    money(sum(cost.values())),
                ]
            )
    each = [
        f"An account takes {figure(kept.account)} bytes of the table, each of its invoices "
        f"{figure(kept.invoice)} bytes there and {figure(kept.records)} in the records bucket.",
        "",
        table(["after", "table", "records bucket", "a month"], rows),
    ]
    return "\n".join(each)


def worst(model: Model) -> str:
    """A month in which much goes wrong, beside an ordinary one."""
    rows = []
    for n in ACCOUNTS:
        ordinary = sum(parts(model, n).values())
        bad = Model(model.counted, {**model.inputs, "overdue_share": 0.2, "returned_share": 0.02})
        found = parts(bad, n, years=7)
        found["counted twice"] = sum(dollars(bad.cycle_again(n, _AGAIN)).values())
        rows.append([f"{n:,} accounts", money(ordinary), money(sum(found.values()))])
    return table(["", "an ordinary month of the first year", "a bad month of the seventh"], rows)


def fixed(model: Model) -> str:
    """What is paid for whatever is billed."""
    template = model.counted.content["template"]
    counts = {
        "metrics in alarms": template["alarms"],
        "dashboards": template["dashboards"],
        "keys": template["keys"],
        "metrics": len(model.counted.content["metrics"]),
        "schedules": template["daily_schedules"] + model.inputs["providers"],
    }
    rows = [[name, str(counts[name]), money(cost)] for name, cost in model.each_month().items()]
    return table(["", "how many", "a month"], rows)


def services(model: Model) -> str:
    """The whole month of 100,000 accounts by service."""
    accounts = 100_000
    every = together(model.cycle(accounts), *model.receivables(accounts).values())
    rows = [
        [f"{name}", figure(every.get(name, 0)), money(every.get(name, 0) * prices()[name])]
        for names in SERVICES.values()
        for name in names
    ]
    return table(["100,000 accounts", "in a month", "costs"], rows)


def price_table() -> str:
    """Every price with where it stands."""
    rows = [
        [
            name,
            f"{float(entry['price']):.10f}".rstrip("0").rstrip("."),
            entry["page"],
            entry["seen"],
        ]
        for name, entry in price_list().items()
    ]
    return table(["price of one", "$", "AWS's page", "seen"], rows).replace(
        "--:|" * 3, "--:|---|---|"
    )
