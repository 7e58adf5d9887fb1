"""A month's bill, worked out from figures, inputs and prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.cost.durations import DELIVERING, delivering_seconds, is_request, seconds
from benchmarks.cost.figures import Counted, Used, inputs, prices

GB = 2**30
#: Maps of the cycle: as many environments of each as run at once are started cold.
CONCURRENT = {
    "BuildInvoicesFunction": 10,
    "CompareInvoicesFunction": 10,
    "PostInvoicesFunction": 10,
    "RenderInvoicesFunction": 10,
    DELIVERING: 2,
    "RecordMailEventFunction": 5,
}
ACCOUNTS_PER_BATCH = 50
SWEEP = "SweepAccountsFunction"
PROVING = "VerifyLedgersFunction"
LOOKS = (SWEEP, "StartMissedCyclesFunction", "SendQueuedMailFunction", "SendDigestFunction")
WEEKDAY, PROOF = "weekday, each account with a ledger", "weekly proof, each account"
SERVICES = {
    "SES": ("mail recipient", "mail attachment GB"),
    "DynamoDB": ("dynamodb write unit", "dynamodb read unit"),
    "S3": ("s3 put", "s3 get"),
    "Lambda": ("lambda request", "lambda GB-second"),
    "Step Functions": ("state transition",),
    "CloudWatch Logs, X-Ray": ("log GB", "log storage GB-month", "trace"),
    "EventBridge, Scheduler, HTTP API": ("custom event", "schedule invocation", "http request"),
}
Quantities = dict[str, float]
"""By the name of a price, how much is used."""


@dataclass(frozen=True, eq=False)
class Model:
    """Counted figures with the inputs; ``changed`` says which inputs are others."""

    counted: Counted
    inputs: Mapping[str, Any]

    @classmethod
    def read(cls, **changed: Any) -> Model:
        """The model as the files have it."""
        return cls(Counted.read(), inputs() | changed)

    # --- Quantities ------------------------------------------------------------------------------

    def cycle(self, accounts: int) -> Quantities:
        """A run's cycle with its mails and what SES tells of them."""
        found: Quantities = {}
        for function, lines in self.counted.cycle(self.inputs["lines"]).items():
            used = {what: line.at(accounts) for what, line in lines.items()}
            if function == "RecordMailEventFunction":
                more = self.inputs["ses_events_per_mail"]
                used = {
                    what: count if what.endswith(("write units", "UpdateItem")) else count * more
                    for what, count in used.items()
                }
            cold = min(CONCURRENT.get(function, 1), max(1, accounts / ACCOUNTS_PER_BATCH))
            found = together(found, self._quantities({function: used}, {function: cold}, accounts))
        return together(found, {"state transition": self.counted.transitions().at(accounts)})

    def cycle_again(self, accounts: int, steps: tuple[str, ...]) -> Quantities:
        """What the steps before a refusal use, when a cycle is counted anew."""
        functions = {f"{step}Function" for step in steps}
        used = {
            function: {what: line.at(accounts) for what, line in lines.items()}
            for function, lines in self.counted.cycle(self.inputs["lines"]).items()
            if function in functions
        }
        return self._quantities(used, dict.fromkeys(used, 10), accounts)

    def chapter(self, name: str, only: tuple[str, ...] = ()) -> Quantities:
        """One thing of a chapter of the receivables; only what some functions did of it."""
        used, states = self.counted.chapter(name)
        kept = {function: u for function, u in used.items() if not only or function in only}
        return together(self._quantities(kept), {"state transition": states})

    def receivables(self, accounts: int) -> dict[str, Quantities]:
        """What a month of payments, cases and looks uses, by what it is for."""
        told = self.inputs
        late = accounts * told["overdue_share"]
        by_file = accounts * told["paid_by_bank_file"]
        cases = ("AdvanceCaseFunction", "RecordMailEventFunction")
        return {
            "payments": together(
                times(by_file, self.chapter("bank file, each payment")),
                times(accounts - by_file, self.chapter("HTTP API, each payment")),
                times(accounts * told["returned_share"], self.chapter("return, each")),
            ),
            "cases of unpaid invoices": together(
                times(late, self.chapter("case from notice to service hold, each", cases)),
                times(late * told["days"], self._sweep_of_a_case()),
                times(late, self.chapter("release with two keys, each")),
            ),
            "daily looks, weekly proof": together(
                times(told["days"], self._look(accounts, WEEKDAY, LOOKS)),
                times(told["days"] / 7, self._look(accounts, PROOF, (PROVING,))),
            ),
        }

    def _look(self, accounts: int, name: str, functions: tuple[str, ...]) -> Quantities:
        """What a day's or week's look at every account uses."""
        used = {
            function: {what: line.at(accounts) for what, line in lines.items()}
            for function, lines in self.counted.calendar(name).items()
            if function in functions
        }
        return self._quantities(used, dict.fromkeys(used, 1))

    def _sweep_of_a_case(self) -> Quantities:
        """What a day's look takes more for an account with a case than for a quiet one."""
        return self._quantities({SWEEP: self.case_in_sweep()})

    def case_in_sweep(self) -> dict[str, float]:
        """The same as it was counted: requests, units and CPU time."""
        case, _ = self.counted.chapter("day on service hold, each")
        quiet = self.counted.calendar(WEEKDAY)[SWEEP]
        cases = self.counted.content["receivables"][-1]["chapters"]["day on service hold, each"]
        accounts, of = self.counted.content["receivables"][-1]["accounts"], cases["of"]
        more = {
            what: count - quiet[what].at(accounts) / of if what in quiet else count
            for what, count in case[SWEEP].items()
            if not what.startswith(("s3 ", "log ", "lambda "))
        }
        return {what: count for what, count in more.items() if count > 0}

    def _quantities(
        self, used: Used, cold: Mapping[str, float] | None = None, accounts: int = 1000
    ) -> Quantities:
        found: defaultdict[str, float] = defaultdict(float)
        told = self.inputs
        for function, counted in used.items():
            for what, count in counted.items():
                for name, quantity in _priced(what, count):
                    found[name] += quantity
            memory = self.counted.memory_mb.get(function)
            if memory is None:
                continue
            calls = counted.get("lambda invocations", 0)
            took = seconds(counted, memory, told)
            if function == DELIVERING:
                rate, workers = told["ses_rate"][accounts], CONCURRENT[DELIVERING]
                took = delivering_seconds(took, counted.get("mails", 0), rate, workers)
            took += (cold or {}).get(function, 0) * told["init_seconds"]
            found["lambda GB-second"] += took * memory / 1024
            found["trace"] += calls * told["sampled_traces"]
            logged = (calls * told["platform_log_bytes"] + counted.get("log bytes", 0)) / GB
            found["log GB"] += logged
            found["log storage GB-month"] += logged * told["log_days"] / told["days"]
        return dict(found)

    def each_month(self) -> dict[str, float]:
        """Dollars a month whatever is billed: alarms, dashboard, key, metrics, schedules."""
        template, price = self.counted.content["template"], prices()
        calls = self.inputs["days"] * template["daily_schedules"] + self.inputs["providers"]
        metrics = len(self.counted.content["metrics"]) * self.inputs["metric_hours"] / 730
        return {
            "metrics in alarms": template["alarms"] * price["alarm month"],
            "dashboards": template["dashboards"] * price["dashboard month"],
            "keys": template["keys"] * price["key month"],
            "metrics": metrics * price["metric month"],
            "schedules": calls * price["schedule invocation"],
        }


def times(factor: float, quantities: Mapping[str, float]) -> Quantities:
    """So many times as much."""
    return {name: factor * count for name, count in quantities.items()}


def together(*all_of: Mapping[str, float]) -> Quantities:
    """The sums, name by name."""
    names = dict.fromkeys(name for quantities in all_of for name in quantities)
    return {name: sum(q.get(name, 0) for q in all_of) for name in names}


def _priced(what: str, count: float) -> list[tuple[str, float]]:
    """Which prices a figure is under, and how much of each it comes to."""
    if what in _PRICED:
        name, divisor = _PRICED[what]
        return [(name, count / divisor)]
    if is_request(what) and what.startswith("s3 "):
        return [("s3 get" if what == "s3 GetObject" else "s3 put", count)]
    return []


_PRICED: dict[str, tuple[str, int]] = {
    "dynamodb read units": ("dynamodb read unit", 1),
    "dynamodb write units": ("dynamodb write unit", 1),
    "dynamodb index write units": ("dynamodb write unit", 1),
    "lambda invocations": ("lambda request", 1),
    "mail recipients": ("mail recipient", 1),
    "mail attachment bytes": ("mail attachment GB", GB),
    "events charged": ("custom event", 1),
    "http requests": ("http request", 1),
}


def dollars(quantities: Mapping[str, float]) -> dict[str, float]:
    """By service, what quantities cost."""
    price = prices()
    return {
        service: sum(quantities.get(name, 0) * price[name] for name in names)
        for service, names in SERVICES.items()
    }
