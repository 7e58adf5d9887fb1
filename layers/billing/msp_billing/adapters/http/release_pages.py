"""The pages that an approver sees: one question, the thanks, and why a link is of no use.

Plain HTML without scripts and without anything from elsewhere. The one style sheet is in the page,
and the content security policy admits it by its hash, so that nothing else could ever run or load.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from msp_billing.adapters.colours import text_on
from msp_billing.adapters.formatting import format_moment
from msp_billing.adapters.http.requests import WHY_LIMIT
from msp_billing.adapters.mails import dunning_views as views
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import Fact, Sender

if TYPE_CHECKING:
    from msp_billing.domain.dunning.letters import ReleaseQuestion
    from msp_billing.domain.policy import ProviderPolicy

_PLAIN_BAND = "#3a444f"
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",  # the address holds the approver's secret
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class Page:
    """A page and the headers that belong to it."""

    html: str
    headers: dict[str, str]


class ReleasePages:
    """Fills the templates.

    Args:
        assets: the folder with ``templates/pages``; ``/opt`` on AWS.
    """

    def __init__(self, assets: Path) -> None:
        self._templates = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(assets / "templates" / "pages"),
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def question(
        self,
        question: ReleaseQuestion,
        policy: ProviderPolicy,
        approver: str,
        key: str,
        action: str,
        *,
        why: str = "",
        wrong: str | None = None,
    ) -> Page:
        """What the account owed and paid, who has approved so far, and a form.

        Args:
            key: the approver's secret, which the form sends back in its body.
            action: the page's own path.
            why: what was typed before, and ``wrong`` what is amiss with it.
        """
        until = question.answer_by
        return self._page(
            "release",
            policy,
            account=one_line(question.account_name),
            hold=views.STATE_WORDS[question.state],
            role=_role(question),
            facts=views.release_facts(question, policy.zone),
            owed=views.owed_then(question),
            paid=views.paid_since(question),
            keys=views.keys(question, policy.zone),
            until=None if until is None else format_moment(until, policy.zone),
            clause=Fact(one_line(question.clause_title), one_line(question.clause_text, 500)),
            approver=one_line(approver),
            key=key,
            action=action,
            why=why,
            wrong=wrong,
            why_limit=WHY_LIMIT,
        )

    def approved(self, question: ReleaseQuestion, policy: ProviderPolicy, *, over: bool) -> Page:
        """That the approval is kept, and what it waits for now.

        Args:
            over: whether that was the last one, and the hold ends.
        """
        missing = [one_line(key.title) for key in question.roles if key.approved_by is None]
        waits_for = f"{views.listed(missing)} {'has' if len(missing) == 1 else 'have'} approved too"
        name = one_line(question.account_name)
        return self._page(
            "approved",
            policy,
            title=f"The hold of {name} ends" if over else "Your approval is kept",
            what=f"Every role has approved. {name} is told, and can go on as before."
            if over
            else f"{name} stays on hold until {waits_for}.",
            keys=views.keys(question, policy.zone),
        )

    def refused(self, title: str, what: str, fix: str, policy: ProviderPolicy | None) -> Page:
        """Why there is nothing to decide here.

        Args:
            policy: of the provider; None when the link is none of ours, which then names nobody.
        """
        return self._page("refused", policy, title=title, what=what, fix=fix)

    def _page(self, template: str, policy: ProviderPolicy | None, **context: Any) -> Page:
        band = policy.brand.primary if policy else _PLAIN_BAND
        colours = {"band": band, "on_band": text_on(band)}
        style = self._templates.get_template("page.css.j2").render(**colours).strip()
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        sender = Sender.of(policy) if policy else None
        page = self._templates.get_template(f"{template}.html.j2")
        admitted = (
            "default-src 'none'",
            f"style-src 'sha256-{digest}'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
        return Page(
            html=page.render(sender=sender, style=style, **context),
            headers={**_HEADERS, "Content-Security-Policy": "; ".join(admitted)},
        )


def _role(question: ReleaseQuestion) -> str:
    titles = {key.role: one_line(key.title) for key in question.roles}
    return titles.get(question.asked_role, question.asked_role)
