"""What a letter about unpaid invoices says of holds, of what follows, and of the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import format_day, format_money, format_quantity
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.domain.dunning.standing import AccountState

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import LateFee, ProtectedService
    from msp_billing.domain.dunning.letters import ComingStep, DunningLetter
    from msp_billing.domain.payments.payment_policy import PaymentPolicy


def listed(names: Sequence[str]) -> str:
    """Names as people list them: ``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    # Translators: the end of a list of names: "a, b and c".
    return _("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])


def method_word(method: str) -> str:
    """How a payment came, as people write it."""
    words = {
        "ach": _("ACH"),
        "wire": _("wire"),
        "check": _("check"),
        "card": _("card"),
    }
    return words.get(method, method)


# --- What is allowed -----------------------------------------------------------------------------


def right_now(letter: DunningLetter) -> tuple[str, ...]:
    """What is allowed and what is not, a sentence each."""
    if letter.state is AccountState.SERVICE_HOLD:
        return tuple(_while_on_service_hold(letter))
    if letter.state is AccountState.CREDIT_HOLD:
        return (
            _("New orders are not accepted."),
            _("Support, and everything that runs for you, goes on as usual."),
        )
    return (_("Orders, support and everything that runs for you go on as usual."),)


def _while_on_service_hold(letter: DunningLetter) -> Iterator[str]:
    yield _("New orders and requests for support are not accepted.")
    yield _switched_off(letter.services) or _("No service of yours is switched off.")
    yield from _stays_on(letter.protected_services)


def _switched_off(services: Sequence[str]) -> str | None:
    if not services:
        return None
    return _("Switched off: {services}.").format(
        services=listed([one_line(name, 60) for name in services])
    )


def _stays_on(protected: Sequence[ProtectedService]) -> Iterator[str]:
    for entry in protected:
        service = one_line(entry.service, 60)
        reason = one_line(entry.reason, 300).rstrip(".")
        reason = reason[:1].upper() + reason[1:]
        if entry.until is None:
            yield _("Stays on: {service}. {reason}.").format(service=service, reason=reason)
        else:
            yield _("Stays on until {day}: {service}. {reason}.").format(
                service=service, reason=reason, day=format_day(entry.until)
            )


# --- What follows --------------------------------------------------------------------------------


def step_name(step: ComingStep) -> str:
    """A notice's title tells of what comes after it: without this word it would be read as that."""
    title = one_line(step.title)
    if step.kind in {"credit_hold", "service_hold"}:
        return title
    return _("Letter: {title}").format(title=title)


def step_meaning(letter: DunningLetter, step: ComingStep) -> str:
    """What a step that follows changes, and the fee that it adds."""
    return " ".join([*_meaning(letter, step), *_fee(letter, step.late_fee)])


def _meaning(letter: DunningLetter, step: ComingStep) -> Iterator[str]:
    if step.kind == "credit_hold":
        yield _("New orders are not accepted; support and your services go on.")
    elif step.kind == "service_hold":
        yield _("New orders and requests for support are not accepted from then on.")
        if off := _switched_off(letter.services):
            yield off
        yield from _stays_on(letter.protected_services)
    else:
        yield _("Nothing changes on that day.")


def _fee(letter: DunningLetter, fee: LateFee | None) -> Iterator[str]:
    if fee is None:
        return
    if fee.amount is not None:
        amount = format_money(fee.amount, letter.currency)
        yield _("A late fee of {amount} is added.").format(amount=amount)
    else:
        percent = format_quantity(fee.percent or 0)
        yield _("A late fee of {percent}% of what is overdue is added.").format(percent=percent)


# --- The way out ---------------------------------------------------------------------------------


def way_out(letter: DunningLetter, payments: PaymentPolicy) -> tuple[str, ...]:
    """What payment clears it, and what it takes beside the payment."""
    amount = format_money(letter.to_pay, letter.currency)
    if not letter.state.on_hold:
        if not letter.coming:
            return ()
        return (_("Pay {amount}, and nothing of the above happens.").format(amount=amount),)
    lines = [_("Pay {amount}. That settles what this hold is for.").format(amount=amount)]
    if letter.release_by:
        lines.append(
            ngettext(
                "The hold ends when {people} then agrees; we ask them at once.",
                "The hold ends when {people} then agree; we ask them at once.",
                len(letter.release_by),
            ).format(people=listed([one_line(title, 60) for title in letter.release_by]))
        )
    lines.extend(_settling(payments))
    return tuple(lines)


def _settling(payments: PaymentPolicy) -> Iterator[str]:
    """Payments that the bank may take back count for leaving a hold only later."""
    for method, days in sorted(payments.settled_after_business_days.items()):
        if days:
            yield ngettext(
                "A payment by {method} counts here after {days} business day, when the bank takes "
                "it back no more.",
                "A payment by {method} counts here after {days} business days, when the bank takes "
                "it back no more.",
                days,
            ).format(method=method_word(method), days=format_quantity(days))


def reference(letter: DunningLetter) -> str:
    """What to give with a payment."""
    numbers = [one_line(entry.document, 60) for entry in letter.documents]
    if len(numbers) == 1:
        return _("Please give the number {number} with your payment.").format(number=numbers[0])
    return _(
        "Please give the numbers that you pay with your payment; without any, it pays the "
        "oldest first."
    )
