"""The base of every model, and the identifiers they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints


class Frozen(BaseModel):
    """A value: never changed after it was made, and without fields that nobody declared.

    Forbidding unknown fields is what turns a misspelt key in a policy into an error with its
    line, rather than into a rule that silently does not apply.
    """

    # Built when first used: there are hundreds of models, and a function starts with a few of them.
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, defer_build=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other field values, which works out its cached properties anew.

        Pydantic copies them too, and a changed copy would answer by its original's fields.
        """
        copied = super().model_copy(update=update, deep=deep)
        for name in vars(copied).keys() - type(self).model_fields.keys():
            del vars(copied)[name]
        return copied


Identifier = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$"),
]
"""A short name in lower case, digits and hyphens, 1 to 40 characters.

It becomes part of table keys, object keys and execution names, which is why it is this narrow.
"""

MailPart = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$"),
]
"""Part of a cycle that a mail is about: an identifier, perhaps with a revision such as ``-r2`` and
the number of a copy, such as ``-copy-2``."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
"""A product code as the provider writes it, for example ``COM4003``."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
"""One line of text that is shown to people."""

ComposedText = Annotated[
    str, StringConstraints(min_length=1, max_length=1_500, strip_whitespace=True)
]
"""Text put together from two of the above: what each of them admits, the two together do too."""

EmailAddress = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,190}[A-Za-z0-9])?$",
        max_length=254,
    ),
]
"""A plain mail address without a display name."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""A country by ISO 3166-1: ``US``, ``FR``."""

LocaleTag = Annotated[str, StringConstraints(pattern=r"^(?:en|es|fr|de)(?:-[A-Z]{2})?$")]
"""A language that documents and mails are written in, perhaps with the country whose formats of
numbers and days apply: ``en-US``, ``es-MX``, ``fr-CA``, ``de``."""
