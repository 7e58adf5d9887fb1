"""The sentences that the domain makes, as the catalogues of translations know them.

In order: a sentence with more in it comes before one that would take the rest for a name.
"""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - the name by which texts are extracted
    """Mark a text for the catalogues; it is translated where it is used."""
    return text


REASONS = (
    # Translators: of a count, a change window and an order: where a quantity comes from.
    N_(
        "{said}; counted {counted}, contracted {contracted}, billed {billed}: a lower count is "
        "billed from {day}"
    ),
    N_(
        "{said}; counted {counted}, contracted {contracted}, billed {billed}: the change window "
        "has come"
    ),
    N_("{said}; counted {counted}, contracted {contracted}, billed {billed}"),
    N_("as ordered with order {order} of {day}, for the first invoice; {quantity} {said}"),
    N_("fixed in the agreement"),
    N_("counted: {title}, sum of {number} row"),
    N_("counted: {title}, sum of {number} rows"),
    N_("counted: {title}, {sum}, rounded up to {number}"),
    N_("counted: {title}, {sum}"),
    N_("counted: {title}"),
    N_("sum of {number} row"),
    N_("sum of {number} rows"),
    N_("{sum}, rounded up to {number}"),
    N_("minimum of {number} in the agreement"),
    N_("minimum '{minimum}' in the agreement"),
    N_("term of {years} years in the agreement"),
    N_("counted {counted}, ordered {ordered} with order {order} of {day}"),
    N_("at least {least} for every account, {number} in the agreements"),
    N_("devices sent with {asked}"),
    N_("once for {asked}"),
    N_("ordered with {asked}"),
    N_("mailboxes that are moved with {asked}"),
    N_("active users at the activation on {day}, {asked}, {number} mobile users are free"),
    N_("active users at the activation on {day}, {asked}"),
    N_("order {order} of {day}"),
    N_("a fee"),
    N_("taxable charges in {place}, after discounts"),
    N_("entered by {person}, approved by {approver}: {reason}"),
    N_("entered by {person}: {reason}"),
    N_("{said}, of which {number} here"),
    N_(
        "time entry {entry} of {engineer}: {minutes} minutes charged as {hours} hours (rounded up "
        "to {step} minutes, at least {least})"
    ),
    N_(
        "time entry {entry} of {engineer}: {minutes} minutes charged as {hours} hours (rounded up "
        "to {step} minutes)"
    ),
    N_("left on {day}, before {until}, and paid out ({said})"),
    N_("notice of {day} runs {number} business days, until {until}"),
    N_("notice of {day} runs {number} days, until {until}"),
    N_("end of the term of 1 year from {day} to {until}"),
    N_("end of the term of {years} years from {day} to {until}"),
    N_("end of the renewed term of 1 year from {day} to {until}"),
    N_("end of the renewed term of {years} years from {day} to {until}"),
    N_("end of the month from {day} to {until}"),
    N_("agreed to end on {day}"),
    # Translators: where a price comes from.
    N_("price book {version}, from {day} in {place}"),
    N_("price book {version}, from {day}"),
    N_("own price in agreement line {name}"),
    N_("own price in agreement"),
    N_("own price in order {order}"),
    N_("adjustment {name}"),
    N_("agreement {name}"),
    N_("policy {version}"),
    N_("tax table of {title}, policy {version}"),
    N_("what {month} billed every month"),
    N_("{said}, after hours ({each} x {times})"),
    N_("{said}, after hours"),
    N_("rate card {card}: {rate}, from {day}"),
    N_("rate card {card}: {rate}"),
    # Translators: how an amount was worked out.
    N_("flat {amount}, whatever the {number}"),
    N_("flat {amount}, by the minimum of {number}"),
    N_("flat {amount}, {included} included"),
    N_("flat {amount}"),
    N_("{quantity} of {included} included = {amount}"),
    N_("minimum {billed}, counted {counted}, {included} included: {sum}"),
    N_("minimum {billed}, counted {counted}: {sum}"),
    N_("minimum {least} - {billed} billed = {amount}"),
    N_("{counted} counted, {included} included, {sum}"),
    N_("{quantity} x {each} (tier {number} to {step}, for {counted} {unit}) = {amount}"),
    N_("{quantity} x {each} (tier {number} and more, for {counted} {unit}) = {amount}"),
    N_("{quantity} x {each} (tier {number} to {step}) = {amount}"),
    N_("{quantity} x {each} (tier {number} and more) = {amount}"),
    N_("exempt by certificate {certificate}, {percent}% of {base} not charged"),
    N_("{percent}% of {base} = {amount}"),
    N_("{amount} for {number} - {amount2} for {number2} = {amount3}"),
    N_("{amount} as entered"),
    # Translators: why work may be billed.
    N_("approved by {person} on {day}"),
    N_("entry"),
    N_("ticket"),
    N_("no approval asked for"),
    N_("within the auto-approve limit of {hours} hours and {money} per {per}"),
    N_("within the auto-approve limit of {hours} hours per {per}"),
    N_("within the auto-approve limit of {money} per {per}"),
)

DESCRIPTIONS = (
    N_("{years}-year term discount, {percent}% of {money}"),
    N_("Missing to the monthly minimum of {money}"),
    N_("Remainder of {title}, 1 month from {month} to {month2}"),
    N_("Remainder of {title}, {number} months from {month} to {month2}"),
    N_("{said} (rented)"),
    N_("{said} (owned)"),
    N_("{title}, missing to the minimum of {number}"),
    N_("{title}, beyond what is included"),
    N_("{title}, included"),
    N_("{title}, after hours"),
    N_("{title}, {percent}% of {money}"),
    N_("{title}, exempt by certificate {certificate}"),
)

TITLES = (
    # Translators: of letters and of what they list.
    N_("Your account is off hold"),
    N_("The payment of {money} was returned, so that what it had paid is owed again."),
    N_("Invoice {name}, {title}"),
    N_("Credit note {name} for {order}"),
    N_("Late fee of {percent}% on {base}"),
    N_("Late fee"),
    N_("Refund {name}"),
)

UNITS = (N_("adjustment"), N_("discount"), N_("minimum"), N_("month"), N_("tax"))
