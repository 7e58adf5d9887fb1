"""A provider's template that fails, grows or keeps quiet: the customer gets a whole mail anyway."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.adapters.mails.samples import SampleMails
from msp_billing.adapters.mails.template_checks import check_templates
from msp_billing.adapters.mails.template_trial import try_templates
from msp_billing.domain.parties import PayTo
from msp_billing.domain.policy import ProviderPolicy
from tests.unit import document_samples as samples
from tests.unit.adapters.mail_reading import html_of, parsed, text_of

ASSETS = Path(__file__).parents[3] / "layers" / "rendering"
COMPOSER = MailComposer(ASSETS)
LINK = "https://pay.lantern.example/invoices?number={number}&amount={amount}"
BEGIN = '{% extends "shared/invoice.html.j2" %}{% import "shared/parts.html.j2" as parts %}'
LONG = "x" * 100


def in_block(words: str, block: str = "greeting") -> dict[str, str]:
    return {"invoice.html.j2": f"{BEGIN}{{% block {block} %}}{words}{{% endblock %}}"}


def policy(own: Mapping[str, str] = {}) -> ProviderPolicy:
    pay_to = PayTo(link=LINK)
    return samples.policy().model_copy(update={"mail_templates": dict(own), "pay_to": pay_to})


def problems(own: Mapping[str, str]) -> list[str]:
    found = [*check_templates(own, ASSETS)] or [*try_templates(own, policy(), ASSETS)]
    return [problem.what for problem in found]


def first_mail(own: Mapping[str, str]) -> EmailMessage:
    _kind, raw = next(SampleMails(COMPOSER, policy(own)).all())
    return parsed(raw)


SHARED = html_of(first_mail({}))

FAILS = [
    "{% if amount > 3 %}x{% endif %}",
    "{{ 5|length }}",
    "{{ due|first|first|join }}",
    "{% for _ in remittance %}{{ _('x') }}{% endfor %}",
]


@pytest.mark.parametrize("words", FAILS)
def test_a_template_that_fails_is_told_and_the_shared_one_takes_its_place(
    words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """docs/faults.md 16: it used to reject the customer's mail, and to end the check itself."""
    assert problems(in_block(words))
    with caplog.at_level(logging.WARNING):
        assert html_of(first_mail(in_block(words))) == SHARED
    assert "the shared one is used" in caplog.text


@pytest.mark.parametrize(
    "words",
    [
        '{{ _("Save 50% today") }}',
        '{{ _("%(name)s") }}',
        '{{ _("%(n)90000000s", n=amount) }}',
        '{{ _("%(n).9s", n=amount) }}',
        "{{ _(5) }}",
        '{{ ngettext("%(num)s line", "%(nums)s lines", 2) }}',
    ],
)
def test_a_percent_sign_that_is_no_value_is_refused_with_what_to_write(words: str) -> None:
    """``%(n)90000000s`` would write ninety million letters."""
    found = list(check_templates(in_block(words), ASSETS))
    assert found
    assert all("%" in problem.fix for problem in found)
    assert html_of(first_mail(in_block(words))) == SHARED


def test_a_percent_sign_that_is_written_twice_is_one() -> None:
    own = in_block(
        '{{ _("Save 50%% on %(what)s.", what=month) }}'
        "{% trans count=facts|length %}One fact is 100% sure.{% pluralize %}{{ count }} facts are "
        "100% sure.{% endtrans %}"
    )
    assert problems(own) == []
    html = html_of(first_mail(own))
    assert "Save 50% on December 2026." in html
    assert "facts are 100% sure." in html


@pytest.mark.parametrize(
    "words",
    [
        "{{ amount" + f"|join('{LONG}')" * 8 + " }}",
        "{{ facts|join(facts|join(facts|join(facts|join(facts|join('" + LONG + "'))))) }}",
        "{% for parts in remittance %}{{ parts.center(1000000000) }}{% endfor %}",
    ],
)
def test_nothing_in_a_template_grows_without_end(words: str) -> None:
    began = time.monotonic()
    for own in (in_block(words), in_block(f"{{% if not payable %}}{words}{{% endif %}}")):
        assert len(html_of(first_mail(own))) < 400_000
    assert time.monotonic() - began < 10


def test_a_list_is_joined_as_ever() -> None:
    own = in_block("{{ remittance|join(' / ') }}")
    assert problems(own) == []
    assert html_of(first_mail(own)) != SHARED


def test_a_template_without_the_way_to_pay_is_told() -> None:
    assert any("'pay_link'" in what for what in problems(in_block("Hello.", "action")))


def test_a_mail_that_would_not_say_what_is_owed_or_how_to_pay_is_made_of_the_shared_template(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In a case that the samples do not have, nobody saw it before."""
    for block in ("action", "intro"):
        own = in_block("{% if not payable %}{{ super() }}{% endif %}", block)
        html = html_of(first_mail(own))
        assert "$720.00" in html
        assert "https://pay.lantern.example/" in html
    assert "does not say its 'pay_link'" in caplog.text
    assert text_of(first_mail({})) == text_of(first_mail(own))
