"""Credit notes, statements and letters of the gallery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from msp_billing.domain.corrections.credit_notes import (
    CreditedPart,
    CreditNote,
    CreditRequest,
    credit_note_for,
)
from msp_billing.domain.dunning.dunning_policy import DunningPolicy, DunningStep
from msp_billing.domain.dunning.letters import ComingStep, DunningLetter, LetterDocument
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.invoices import Invoice, LineKind
from msp_billing.domain.ledger.account_statement import Addressee
from msp_billing.domain.ledger.credit_use import CreditUse
from msp_billing.domain.policy import ProviderPolicy
from tests.unit.adapters.invoice_samples import users_by_kind
from tests.unit.statement_samples import books, statement_of
from tools.gallery.europeans import FRENCH, GERMAN
from tools.gallery.invoices import RENDERER
from tools.gallery.samples import american, provider
from tools.gallery.shown import Shown, pdf

_CREDITS = "Credit notes and statements"
_LETTERS = "Letters about unpaid invoices, one for each step"
_ADDRESS = ("1 Sample Pier Road", "Sampletown, MN 00000")
_STATES = {
    "reminder": AccountState.GOOD_STANDING,
    "notice": AccountState.DUE,
    "credit_hold": AccountState.CREDIT_HOLD,
    "service_hold": AccountState.SERVICE_HOLD,
}
_GERMAN_WORDS = {
    "locale": "de",
    "paper": "a4",
    "currency": "EUR",
    "account_name": GERMAN.bill_to[0],
    "address": GERMAN.bill_to[1:],
    "title": "Ihre Leistungen werden gesperrt",
    "letter": "Ihr Konto ist seit einigen Wochen für neue Bestellungen gesperrt. Ohne Zahlung "
    "sperren wir auch Leistungen. Bitte rufen Sie uns an, bevor es dazu kommt.",
    "clause_title": "Sperre nach 30 Tagen",
    "clause_text": "Wer 30 Tage nach der Bestellsperre nicht gezahlt hat, dessen Leistungen werden "
    "gesperrt.",
    "account": "hafen-zahnarzt",
    "documents": (
        LetterDocument(
            document="NL-MUSTER-1",
            title="Betreuungsvertrag, Oktober 2026",
            due_on=date(2026, 9, 30),
            open=Decimal("1200.00"),
            amount=Decimal("1200.00"),
        ),
    ),
    "outstanding": Decimal("1200.00"),
    "to_pay": Decimal("1200.00"),
    "coming": (
        ComingStep(step="service-hold", kind="service_hold", title="Sperre", on=date(2026, 11, 14)),
    ),
    "services": (),
    "protected_services": (),
}


def account_documents() -> Iterator[Shown]:
    """Every one that is shown."""
    yield pdf(
        "credit-note-en",
        _CREDITS,
        lambda: _credit_note(users_by_kind(), american(), "Two users had left before the count."),
        (1, "A credit note: why, of which invoice, and what became of the amount."),
    )
    yield pdf(
        "credit-note-de",
        _CREDITS,
        lambda: _credit_note(
            GERMAN.invoice(), GERMAN.policy, "Zwei Benutzer waren vor der Zählung ausgeschieden."
        ),
        (1, "A credit note in German, A4."),
    )
    yield pdf(
        "statement-en",
        _CREDITS,
        lambda: _statement(american(), Addressee(name="Tern Harbor (sample)", address=_ADDRESS)),
        (1, "A statement of account: every entry, the balance after it, and what is open by age."),
    )
    yield pdf(
        "statement-fr",
        _CREDITS,
        lambda: _statement(
            FRENCH.policy,
            Addressee(name=FRENCH.bill_to[0], locale="fr", address=FRENCH.bill_to[1:], paper="a4"),
        ),
        (1, "A statement of account in French, A4."),
    )
    yield from _letters()


def _credit_note(invoice: Invoice, policy: ProviderPolicy, reason: str) -> bytes:
    """Two of the first line and some of the fourth, with the tax that was charged on them."""
    charged = (line for line in invoice.lines if line.kind is LineKind.TAX)
    taxes = [(line.line, Decimal("41.80")) for line in charged]  # 19% of 220.00
    asked = CreditRequest(
        request="counted-twice",
        reason=reason,
        requested_by="sample",
        parts=(
            CreditedPart(line=1, quantity=Decimal(2)),
            CreditedPart(line=4, amount=Decimal("30.00")),
            *(CreditedPart(line=line, amount=tax) for line, tax in taxes),
        ),
    )
    note: CreditNote = credit_note_for(invoice, asked, (), date(2026, 12, 20))
    use = CreditUse(
        off_invoice=note.total.amount - 100, off_loss=Decimal(0), held=Decimal("100.00")
    )
    return RENDERER.render_credit_note(note.numbered("CN-000007"), policy, use)


def _statement(policy: ProviderPolicy, addressee: Addressee) -> bytes:
    told = statement_of(books(), "2026-10-01", "2026-12-05", addressee=addressee)
    return RENDERER.render_statement(told, policy)


# --- Letters -------------------------------------------------------------------------------------


def _letters() -> Iterator[Shown]:
    policy = provider("kr-group").policy
    dunning = policy.dunning
    assert dunning is not None, "the sample provider has steps"
    for number, step in enumerate(dunning.steps, start=1):
        yield pdf(
            f"letter-{number}-{step.step}",
            _LETTERS,
            lambda step=step: RENDERER.render_letter(_letter(policy, dunning, step), policy),  # type: ignore[misc]
            (1, f"Step {number} of a sample provider: {step.title.lower()}."),
        )
    over = _letter(policy, dunning, dunning.steps[-1]).model_copy(
        update={
            "kind": "released",
            "step": None,
            "state": AccountState.GOOD_STANDING,
            "title": "The hold on your account has ended",
            "letter": dunning.release.letter,
            "clause_title": policy.clause(dunning.release.clause).title,
            "clause_text": policy.clause(dunning.release.clause).text,
            "documents": (),
            "overdue": Decimal(0),
            "outstanding": Decimal(0),
            "to_pay": Decimal(0),
        }
    )
    yield pdf(
        "letter-released",
        _LETTERS,
        lambda: RENDERER.render_letter(over, policy),
        (1, "After the last step: everything is paid, and the hold has ended."),
    )
    final = _letter(policy, dunning, dunning.steps[-2])
    german = final.model_copy(update=_GERMAN_WORDS)
    yield pdf(
        "letter-de",
        _LETTERS,
        lambda: RENDERER.render_letter(german, GERMAN.policy),
        (1, "A notice in German, A4."),
    )


def _letter(policy: ProviderPolicy, dunning: DunningPolicy, step: DunningStep) -> DunningLetter:
    """The step's letter about two invoices, with the later steps as what comes next."""
    first = date(2026, 9, 30)
    after = dunning.steps[dunning.steps.index(step) + 1 :]
    hold = next((s.days for s in dunning.steps if s.kind == "credit_hold"), 0)

    def on(of: DunningStep) -> date:
        days = of.days + (hold if of.counted_from == "credit_hold" else 0)
        return date.fromordinal(first.toordinal() + days)

    early = step.kind == "reminder"
    coming = [s for s in after if s.kind in ("credit_hold", "service_hold")]
    clause = policy.clause(step.clause)
    documents = _documents(first)
    open_now = sum((entry.open for entry in documents), Decimal(0))
    return DunningLetter(
        account="tern-harbor",
        account_name="Tern Harbor (sample)",
        address=_ADDRESS,
        kind=step.kind,
        on=on(step),
        state=AccountState.CREDIT_HOLD
        if step.kind == "notice" and step.counted_from == "credit_hold"
        else _STATES[step.kind],
        step=step.step,
        title=step.title,
        letter=step.letter,
        clause_title=clause.title,
        clause_text=clause.text,
        currency="USD",
        documents=documents[:1] if early else documents,
        overdue=Decimal(0) if early else documents[0].open,
        outstanding=documents[0].open if early else open_now,
        to_pay=documents[0].open if early or step.kind == "notice" else open_now,
        coming=()
        if early
        else tuple(ComingStep(step=s.step, kind=s.kind, title=s.title, on=on(s)) for s in coming),
        services=tuple(
            service
            for service in dunning.services
            if service not in {entry.service for entry in dunning.protected_services}
        ),
        protected_services=dunning.protected_services,
        release_by=tuple(role.title for role in dunning.release.roles),
    )


def _documents(first: date) -> tuple[LetterDocument, ...]:
    return (
        LetterDocument(
            document="KRG-SAMPLE-1",
            title="Agreement, October 2026",
            due_on=first,
            open=Decimal("1200.00"),
            amount=Decimal("1200.00"),
        ),
        LetterDocument(
            document="KRG-SAMPLE-2",
            title="Agreement, November 2026",
            due_on=date(2026, 12, 30),
            open=Decimal("400.00"),
            amount=Decimal("1100.00"),
        ),
    )
