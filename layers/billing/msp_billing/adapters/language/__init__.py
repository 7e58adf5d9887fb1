"""Languages of documents and mails: which one is being written, and the words in it."""

from msp_billing.adapters.language.languages import (
    LANGUAGES,
    current_locale,
    gettext,
    in_language,
    language_tag,
    ngettext,
    pgettext,
)

_ = gettext

__all__ = [
    "LANGUAGES",
    "_",
    "current_locale",
    "gettext",
    "in_language",
    "language_tag",
    "ngettext",
    "pgettext",
]
