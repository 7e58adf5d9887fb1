"""The schedule of a run, for docs/cost.md."""

from __future__ import annotations

from functools import cache

from benchmarks.cost.bill import Model
from benchmarks.cost.markdown import table
from benchmarks.cost.picture import schedule
from benchmarks.simulation import Setting, Simulation, Step
from benchmarks.waiting import in_words

ACCOUNTS = 1_000_000
SETTINGS = {
    "as deployed, 14 mails a second, 50,000 a day": Setting(ACCOUNTS),
    "as deployed, 50 a second, no daily quota in the way": Setting(
        ACCOUNTS, ses_rate=50, ses_daily=5_000_000
    ),
    "50 batches and 15 mailers at once, 50 a second": Setting(
        ACCOUNTS, ses_rate=50, ses_daily=5_000_000, batch_workers=50, mail_workers=15
    ),
    "50 batches and 60 mailers at once, 200 a second": Setting(
        ACCOUNTS, ses_rate=200, ses_daily=5_000_000, batch_workers=50, mail_workers=60
    ),
}


@cache
def runs(model: Model) -> dict[str, list[Step]]:
    """Every setting's steps."""
    return {name: Simulation(model, setting).run() for name, setting in SETTINGS.items()}


def steps(model: Model) -> str:
    """How long each step takes in each setting, and what binds it."""
    found = runs(model)
    names = [step.name for step in next(iter(found.values()))]
    rows = []
    for index, name in enumerate(names):
        cells = [_cell(steps[index]) for steps in found.values()]
        rows.append([f"`{name}`", *cells])
    rows.append(["**in all**", *(f"**{in_words(made[-1].ended)}**" for made in found.values())])
    made = table(["1,000,000 accounts", *found], rows)
    return made.replace("--:|" * len(found), "---|" * len(found))


def _cell(step: Step) -> str:
    if not step.fits:
        return f"{in_words(step.took)}: **over 15 minutes in one call**"
    return f"{in_words(step.took)}; {step.bound_by}"


def smaller(model: Model) -> str:
    """Runs of other sizes, as deployed."""
    rows = []
    for accounts, rate, daily in (
        (1000, 14, 50_000),
        (10_000, 14, 50_000),
        (100_000, 50, 500_000),
    ):
        setting = Setting(accounts, ses_rate=rate, ses_daily=daily)
        made = Simulation(model, setting).run()
        mails = next(step for step in made if step.name == "DeliverInvoices")
        rows.append(
            [
                f"{accounts:,}",
                f"{rate}",
                in_words(made[-1].ended - mails.took),
                in_words(mails.took),
                "yes" if all(step.fits for step in made) else "no",
            ]
        )
    head = ["accounts", "mails a second", "without mailing", "mailing", "every call fits"]
    return table(head, rows)


def picture(model: Model) -> str:
    """The same as a picture."""
    return schedule(runs(model))
