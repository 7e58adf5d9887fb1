"""The page that a run leaves: one HTML file that asks the network for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from msp_billing.adapters.formatting import (
    format_change,
    format_day,
    format_money,
    format_moneys,
    format_month,
    format_quantity,
)
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.money import Money
from mspbill.page_views import PageView
from mspbill.reports import ProviderReport

_TEMPLATES = Path(__file__).parent / "templates"


def index_page(reports: Sequence[ProviderReport]) -> str:
    """The page for these reports. Every name in it is escaped by the template engine."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=_money,
        moneys=format_moneys,
        change=_change,
        day=format_day,
        month=format_month,
        number=format_quantity,
        zone=ZoneInfo,
    )
    environment.globals["counted"] = counted
    return environment.get_template("index.html.j2").render(page=PageView(tuple(reports)))


def _money(amount: Money) -> str:
    return format_money(amount.amount, amount.currency)


def _change(amount: Money) -> str:
    return format_change(amount.amount, amount.currency)
