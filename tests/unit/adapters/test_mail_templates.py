"""A provider's own templates: what they can change, what they cannot, and how mistakes are told."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.adapters.mails.sample_invoices import SampleInvoices
from msp_billing.adapters.mails.samples import SampleMails
from msp_billing.adapters.mails.template_checks import check_templates, shared_assets
from msp_billing.adapters.mails.template_rules import TEMPLATE_NAMES
from msp_billing.adapters.mails.template_trial import try_templates
from msp_billing.domain.problems import Problem
from tests.unit import document_samples as samples
from tests.unit.adapters.mail_reading import Seen, html_of, parsed, text_of

ASSETS = Path(__file__).parents[3] / "layers" / "rendering"
COMPOSER = MailComposer(ASSETS)
HTML = (
    '{% extends "shared/invoice.html.j2" %}\n{% import "shared/parts.html.j2" as parts %}\n'
    "{% block closing %}\n"
)
TEXT = '{% extends "shared/invoice.txt.j2" %}\n{% block closing %}\n'
END = "\n{% endblock %}\n"


def problems(own: Mapping[str, str]) -> list[Problem]:
    return [*check_templates(own, ASSETS)] or [*try_templates(own, samples.policy(), ASSETS)]


def first_mail(own: Mapping[str, str]) -> EmailMessage:
    policy = samples.policy().model_copy(update={"mail_templates": dict(own)})
    _kind, raw = next(SampleMails(COMPOSER, policy).all())
    return parsed(raw)


# --- What a template can change ------------------------------------------------------------------


def test_a_block_is_replaced_and_the_rest_of_the_shared_mail_stays() -> None:
    own = {
        "invoice.html.j2": HTML + '{{ parts.text(_("Good to have you.")) }}' + END,
        "invoice.txt.j2": TEXT + "{{ _('Good to have you.') }}" + END,
    }
    assert problems(own) == []
    message, shared = first_mail(own), first_mail({})
    for made in (text_of(message), Seen(html_of(message)).text):
        assert "Good to have you." in made
        assert "Thank you for working with us." not in made
        assert "$720.00" in made
    assert message["Subject"] == shared["Subject"]
    assert sorted(message.keys()) == sorted(shared.keys())


def test_a_block_of_the_text_stands_apart_whether_it_ends_its_line_or_not() -> None:
    greeting = '{% extends "shared/invoice.txt.j2" %}{% block greeting %}Hello,{% endblock %}'
    text = text_of(first_mail({"invoice.txt.j2": greeting}))
    assert text.startswith("Hello,\n\nINVOICE LP-SAMPLE\n")
    assert "\n\n\n" not in text


def test_a_base_of_its_own_changes_every_kind_of_mail() -> None:
    footer = "{% block footer %}Just us, {{ sender.name }}.{% endblock %}"
    own = {"base.html.j2": '{% extends "shared/base.html.j2" %}' + footer}
    assert problems(own) == []
    policy = samples.policy().model_copy(update={"mail_templates": own})
    for _kind, raw in SampleMails(COMPOSER, policy).all():
        assert "Just us, Lantern & Pike Managed IT." in Seen(html_of(parsed(raw))).text


def test_what_a_template_writes_is_escaped_as_in_the_shared_ones() -> None:
    own = {"invoice.html.j2": HTML + "<p>{{ label }}</p>{{ parts.text(label) }}" + END}
    policy = samples.policy("<b>Us</b>").model_copy(update={"mail_templates": own})
    made = SampleInvoices(policy)
    invoice = made.invoice.model_copy(update={"label": "<i>{{ 7*7 }}</i>"})
    mails = SampleMails(COMPOSER, policy)
    raw = COMPOSER.invoice_mail(
        invoice,
        policy,
        ("a@b.example",),
        mails._document("invoice"),
        mails._id("invoice"),
        samples.MADE_AT,
    )
    html = html_of(parsed(raw))
    assert html.count("&lt;i&gt;{{ 7*7 }}&lt;/i&gt;") >= 3
    assert "<i>" not in html


def test_words_can_be_translated_and_counted() -> None:
    body = (
        "{% trans name=account %}For {{ name }}{% endtrans %} "
        '{{ ngettext("%(num)s line", "%(num)s lines", entries | length) }} {{ _("Due on") }}'
    )
    own = {"invoice.txt.j2": TEXT + body + END}
    assert problems(own) == []
    assert "For Sample Company (sample data, nobody's) 3 lines Due on" in text_of(first_mail(own))


# --- What it cannot do ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{% set x = 1 %}", "{% set %} is not available"),
        ("{% with x = 1 %}{% endwith %}", "{% with %} is not available"),
        ("{% macro m() %}{% endmacro %}", "{% macro %} is not available"),
        ('{% include "base.txt.j2" %}', "{% include %} is not available"),
        ("{% filter upper %}x{% endfilter %}", "{% filter %} is not available"),
        ("{% for i in range(1000000000) %}{% endfor %}", "A loop goes through a list"),
        ("{% for i in facts recursive %}{{ loop(facts) }}{% endfor %}", "may not call itself"),
        ("{{ 'x' * 1000000000 }}", "'mul' is not available"),
        ("{{ 2 ** 1000000 }}", "'pow' is not available"),
        ("{{ '%1000000000d' % 1 }}", "'mod' is not available"),
        ("{{ number.format(1) }}", "Only the shared parts can be called"),
        ("{{ number.__class__ }}", "'__class__' is no value"),
        ("{{ self.closing() }}", "'self' is not available"),
        ("{{ facts[0] }}", "an index in brackets is not available"),
        ("{{ number | center(100000000) }}", "The filter 'center' is not available"),
        ("{{ number | safe }}", "The filter 'safe' is not available"),
        ("{{ parts.text(*facts) }}", "Only the shared parts can be called"),
        ("{{ _(label) }}", "_() takes words as they are written here"),
        ('{{ _("<scr" ~ "ipt>") }}', "_() takes words as they are written here"),
        ('{{ ngettext("x", label, 2) }}', "_() takes words as they are written here"),
        ("{{ cycler(1) }}", "Only the shared parts can be called"),
        ("{% autoescape false %}{{ number }}{% endautoescape %}", "{% autoescape %} is not"),
        ('<img src="https://x.example/pixel.png">', "'src=' may not stand in a mail"),
        ("<script>1</script>", "'<script' may not stand in a mail"),
        ('<p style="background: url(https://x.example)">', "'url(' may not stand in a mail"),
        ('<a onclick="x()">', "'onclick=' may not stand in a mail"),
        ('<a href="javascript:x()">', "'javascript:' may not stand in a mail"),
        ("<style>@import 'x'</style>", "'@import' may not stand in a mail"),
    ],
)
def test_what_could_run_for_ever_or_reach_elsewhere_is_refused(body: str, told: str) -> None:
    found = problems({"invoice.html.j2": HTML + body + END})
    assert any(told in entry.what and entry.line == 4 for entry in found), found
    assert all(entry.fix for entry in found)


@pytest.mark.parametrize(
    "source",
    [
        '{% extends "invoice.txt.j2" %}',
        '{% extends "shared/invoice.html.j2" %}',
        "{% extends number %}",
        '{% extends "../../../etc/passwd" %}',
        '{% import "shared/base.txt.j2" as parts %}',
        '{% from "invoice.txt.j2" import x %}',
    ],
)
def test_a_template_builds_only_on_the_shared_ones(source: str) -> None:
    (found,) = problems({"invoice.txt.j2": source})
    assert "something else than" in found.what
    assert found.line == 1


def test_loops_within_loops_come_to_an_end_soon() -> None:
    loops = "".join(f"{{% for l{n} in facts %}}" for n in range(9))
    own = {"invoice.txt.j2": TEXT + loops + "x" + "{% endfor %}" * 9 + END}
    started = time.perf_counter()
    (found,) = problems(own)
    assert "go on for more than 5,000 rounds" in found.what
    assert time.perf_counter() - started < 5


def test_a_mail_that_would_be_cut_off_is_refused() -> None:
    row = (
        "{% for f in facts %}{% for e in entries %}" + "word " * 5_000 + "{% endfor %}{% endfor %}"
    )
    (text,) = problems({"invoice.txt.j2": TEXT + row + END})
    assert "more than 300,000 letters" in text.what
    filled = "{% for f in facts %}" + "word " * 5_000 + "{% endfor %}"
    (html,) = problems({"invoice.html.j2": HTML + filled + END})
    assert "more than 90,000 bytes" in html.what


# --- How mistakes are told -----------------------------------------------------------------------


def test_every_mistake_is_told_at_once_with_file_and_line() -> None:
    own = {
        "invoice.html.j2": HTML
        + "{{ standing.nope }}\n{{ nix }}\n{% if informational %}{{ rare }}{% endif %}\n"
        + "{% for fact in facts %}{{ fact.labell }}{% endfor %}\n{{ standing.facts }}"
        + END,
        "base.txt.j2": '{% extends "shared/base.txt.j2" %}'
        "{% block footer %}{{ due }}{% endblock %}",
    }
    told = {(entry.file, entry.line, entry.what) for entry in problems(own)}
    assert told == {
        ("mail-templates/invoice.html.j2", 4, "There is no 'nope' here."),
        (
            "mail-templates/invoice.html.j2",
            4,
            "'nope' is asked of something that not every mail has.",
        ),
        ("mail-templates/invoice.html.j2", 5, "This mail has no value 'nix'."),
        ("mail-templates/invoice.html.j2", 6, "This mail has no value 'rare'."),
        ("mail-templates/invoice.html.j2", 7, "There is no 'labell' here."),
        (
            "mail-templates/invoice.html.j2",
            8,
            "'facts' is asked of something that not every mail has.",
        ),
        ("mail-templates/base.txt.j2", 1, "This mail has no value 'due'."),
    }


@pytest.mark.parametrize(
    ("own", "line", "told"),
    [
        ({"invoice.txt.j2": "{% if %}"}, 1, "It cannot be read"),
        ({"invoice.txt.j2": TEXT + "{{ number "}, 3, "It cannot be read"),
        ({"bill.html.j2": "x"}, None, "No mail is made of a template of this name."),
        ({"invoice.txt.j2": "x" * 32_001}, None, "It has 32,001 letters"),
        ({"invoice.txt.j2": TEXT + END + "\n\nlost"}, 7, "outside of every block"),
        ({"invoice.txt.j2": TEXT + END + "{% block end %}{% endblock %}"}, 5, "no block 'end'"),
        ({"invoice.txt.j2": "Pay us."}, None, "does not say its 'amount'"),
        ({"invoice.txt.j2": TEXT + "{{ _('x', **facts) }}" + END}, 3, "Only the shared parts"),
        ({"invoice.html.j2": HTML + "{{ parts.nope() }}" + END}, 4, "It cannot be filled"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(
    own: dict[str, str], line: int | None, told: str
) -> None:
    found = [entry for entry in problems(own) if told in entry.what]
    assert found, problems(own)
    assert found[0].line == line
    assert found[0].fix
    assert found[0].code == "mail-template"


def test_the_name_of_a_template_is_guessed() -> None:
    (found,) = problems({"invoices.html.j2": "x"})
    assert found.fix == "Rename it to 'invoice.html.j2'."


def test_every_template_that_a_provider_can_have_is_there_and_blocks_are_alike() -> None:
    assert shared_assets() == ASSETS
    assert problems({name: f'{{% extends "shared/{name}" %}}' for name in TEMPLATE_NAMES}) == []


# --- When it fails all the same ------------------------------------------------------------------


def test_a_template_that_fails_on_an_invoice_gives_way_to_the_shared_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    own = {"invoice.txt.j2": TEXT + "{{ no_such_value }}" + END}
    with caplog.at_level(logging.WARNING):
        message = first_mail(own)
    assert text_of(message) == text_of(first_mail({}))
    assert "template of lantern for invoice.txt.j2 failed" in caplog.text
    assert "'no_such_value' is undefined" in caplog.text


@pytest.mark.parametrize(
    "body", ["{% for i in range(1000000000) %}{% endfor %}", "{{ number.__class__ }}"]
)
def test_a_template_that_was_never_checked_can_still_not_run_for_ever(
    body: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = first_mail({"invoice.txt.j2": TEXT + body + END})
    assert text_of(message) == text_of(first_mail({}))
    assert "is used" in caplog.text


def test_a_value_that_is_not_there_is_nothing_rather_than_a_word() -> None:
    own = {"invoice.txt.j2": TEXT + "[{{ pay_link }}]" + END}
    assert "[]" in text_of(first_mail(own))
