"""What the models say is wrong, for people: the forms of names, and the models' own sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import get_args

from msp_billing.domain.accounting_policy import AccountCode, JournalAccount
from msp_billing.domain.base import Code, EmailAddress, Identifier, LocaleTag
from msp_billing.domain.dunning.dunning_policy import StepName

_IDENTIFIER_PATTERN: str = get_args(Identifier)[1].pattern
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_THOUSANDS = 3  # digits after a comma that may stand for decimals or for thousands

# What a text of this form is, and how to write it.
PATTERNS: dict[str, tuple[str, str]] = {
    _IDENTIFIER_PATTERN: (
        "no short name",
        "Use lower-case letters, digits and hyphens, 1 to 40 characters",
    ),
    get_args(StepName)[1].pattern: (
        "no name of a step",
        "Use lower-case letters, digits and hyphens, a letter first, 2 to 30 characters",
    ),
    get_args(Code)[1].pattern: (
        "no product code",
        "Use letters, digits, points, hyphens and underscores, 1 to 40 characters, no spaces.",
    ),
    get_args(EmailAddress)[1].pattern: (
        "no mail address",
        "Write the address alone, without a name and without brackets, such as ap@acme.example.",
    ),
    r"^#[0-9a-fA-F]{6}$": ("no colour", 'Write # and six digits, in quotes, such as "#1f3a5f".'),
    r"^[A-Z]{2}$": ("no country", "Write the two capital letters of its code, such as US."),
    r"^[A-Z0-9]{1,3}$": (
        "no subdivision of a country",
        "Write the capital letters of its code, such as MN for Minnesota.",
    ),
    get_args(LocaleTag)[1].pattern: (
        "no language that documents are written in",
        "Write en, es, fr or de, perhaps with a country: en-US, es-MX, fr-CA, de-CH.",
    ),
    r"^[!-~]+$": ("no payment link", "Write an address without spaces, https://..."),
    r"^[0-9]{9}$": ("no routing number", "Write its nine digits, in quotes."),
    r"^[0-9A-Z]{1,34}$": (
        "no account number",
        "Write digits and capital letters without spaces, in quotes.",
    ),
    r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$": ("no IBAN", "Write it without spaces."),
    r"^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$": ("no BIC", "Write its 8 or 11 letters and digits."),
    r"^[A-Z]{2}[A-Z0-9]{2,13}$": (
        "no VAT number",
        "Write it with its country and without spaces, such as FR40303265045.",
    ),
    get_args(JournalAccount)[1].pattern: (
        "no account of a journal",
        "Begin with Assets, Liabilities, Equity, Income or Expenses, and put parts with a capital "
        "letter first after colons, such as Income:Managed-Services.",
    ),
    get_args(AccountCode)[1].pattern: (
        "no code of an account",
        'Write at most 10 letters and digits, in quotes, such as "200".',
    ),
    r"^[A-Z]{3}$": ("no currency", "Write the three capital letters of its code, such as USD."),
    r"^[A-Z0-9]{1,8}-$": (
        "no prefix for invoice numbers",
        "Write 1 to 8 capital letters or digits and a hyphen, such as KR-.",
    ),
}

# How sentences of the models begin, the code of the problem, and what to do.
_SENTENCES = (
    ("a price has one meaning", "price-meanings", None),
    ("a price with 'included'", "price-meanings", None),
    ("a price is not negative", "price-negative", None),
    ("the price ends", "dates-order", "Correct 'until_on' or 'from_on'."),
    ("the minimum ends", "dates-order", "Correct 'ends_on' or 'starts_on'."),
    ("the exemption ends", "dates-order", "Correct 'ends_on' or 'starts_on'."),
    ("a minimum", "minimum", None),
    ("an adjustment", "adjustment", None),
    ("the last tier", "price-tiers", "Write 'up_to: null' in the last tier."),
    ("only the last tier", "price-tiers", "Give every tier but the last its 'up_to'."),
    ("tiers must rise", "price-tiers", "Make each 'up_to' higher than the one before it."),
    ("approval by a person", "approval", "Add 'approvers', or write 'by: automatic'."),
    ("two snapshot moments", "listed-twice", "Give each of the moments a name of its own."),
    ("labels_by_coverage needs", "labels", "Add it to the run, or remove 'labels_by_coverage'."),
    ("'opens' needs", "opens", "Write for example: opens: {day: 3, at: \"06:00\"}"),
    ("'opens' must be", "opens", "Write a later time under 'at'."),
    ("give either 'day'", "day", "Keep one of 'day' and 'business_day'."),
    ("business_day 0", "day", "Write 1 or more from the beginning, -1 or less from the end."),
    ("'at' is local time", "time", None),
    ("a business_day is never", "day", None),
    ("parked_share_limit", "number", "Write for example 0.25 for a quarter."),
    ("give either a fixed", "quantity", "Remove one of the two."),
    ("the line ends", "dates-order", "Correct 'ends_on' or 'starts_on'."),
    ("the agreement ends", "dates-order", "Correct 'ends_on' or 'starts_on'."),
    ("give either 'commitment_months'", "commitment", "Remove one of the two."),
    ("give a notice either", "notice", "Write one of the two."),
    ("the commitment of line", "dates-order", "Correct the commitment or 'starts_on'."),
    ("notice for line", "dates-order", "Correct 'notice_on' or 'starts_on'."),
    ("notice was given before", "dates-order", "Correct 'notice_on' or 'starts_on'."),
    ("the line is wanted to end", "dates-order", "Correct 'wanted_on' or 'notice_on'."),
    ("the agreement is wanted to end", "dates-order", "Correct 'ends_on' or 'notice_on'."),
    ("the hardware was returned", "dates-order", "Correct 'returned_on' or 'notice_on'."),
    ("the hardware was verified before", "dates-order", "Correct 'verified_on' or 'returned_on'."),
    ("a feed of scope", "feed-scope", "Correct 'scope', or 'account' under 'columns'."),
    ("two subscribers", "listed-twice", "Keep the name at the one that the feeds mean."),
    ("two agreements", "listed-twice", "Give each of the agreements a name of its own."),
    ("agreement lines are", "listed-twice", "Give each line a name of its own."),
    ("a category is listed twice", "listed-twice", "Keep one."),
    ("must_be_priced", "unknown-name", "Write one that the policy has."),
    ("count rule", "unknown-name", "Write one that the policy has, or add it."),
    ("the clause", "unknown-name", "Add the clause, or correct the name."),
)  # fmt: skip


def explain_pattern(pattern: str, value: str) -> tuple[str, str]:
    """What is wrong with a text that has not the form that its place asks for, and what to do."""
    noun, fix = PATTERNS.get(pattern, ("not written as it must be", f"Its form is {pattern}."))
    if pattern == _IDENTIFIER_PATTERN:
        near = _short_name(value)
        fix = f"{fix}, such as '{near}'." if near else f"{fix}."
    return f"'{value}' is {noun}.", fix


def explain_sentence(sentence: str) -> tuple[str, str, str]:
    """Code, what is wrong and what to do, out of a sentence of a model.

    The models' sentences mostly have the form "what is wrong: what to do".
    """
    what, _, advice = sentence.partition(": ")
    code, fix = next(
        ((code, fix) for start, code, fix in _SENTENCES if sentence.startswith(start)),
        (_code_of(sentence), None),
    )
    if fix is not None:
        what = sentence
    elif not advice:
        what, advice = sentence, "correct it, docs/provider-directory.md describes every key"
    return code, _as_sentence(what), fix or _as_sentence(advice)


def explain_comma(group: Mapping[str, object], key: str) -> tuple[str, str, str] | None:
    """Of a key that is the rest of a number: the key of that number, what is wrong, what to do.

    Inside braces a comma ends a value, so that ``{each: 62,00}`` is ``each: 62`` and a key ``00``.
    None when the key is nothing of that kind.
    """
    rest: list[str] = []
    is_part = False
    named = ""
    for name, value in group.items():
        if value is None and _NUMBER.fullmatch(name):
            rest.append(name)
            is_part |= name == key
        elif is_part:
            break
        else:
            named, rest = name, []
    begin = group.get(named)
    if not is_part or not isinstance(begin, str) or not _NUMBER.fullmatch(begin):
        return None
    parts = [begin, *rest]
    whole, last = "".join(parts[:-1]), parts[-1]
    if "." in last:
        example = f": {whole}{last}"
    else:
        example = ", such as 1234.50" if len(last) == _THOUSANDS else f": {whole}.{last}"
    return (
        named,
        f"The comma in '{','.join(parts)}' ends the value: inside braces it begins another key.",
        f"Write it with a point for the decimals and no separator for the thousands{example}.",
    )


def _code_of(sentence: str) -> str:
    if "listed twice" in sentence or "two prices" in sentence:
        return "listed-twice"
    if "more than one way" in sentence or "is not an amount" in sentence:
        return "number"
    return "unknown-name" if "unknown" in sentence else "value"


def _as_sentence(text: str) -> str:
    begins_with_key = "_" in text.partition(" ")[0]
    return f"{text}." if begins_with_key else f"{text[:1].upper()}{text[1:]}."


def _short_name(value: str) -> str:
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower())[:40].strip("-")
