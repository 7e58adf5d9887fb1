"""Files inside of a PDF: an invoice for programs beside the one for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relationship = Literal["alternative", "data", "source", "supplement"]


@dataclass(frozen=True)
class Attachment:
    """A text file that a document carries (ISO 19005-3, annex E).

    Attributes:
        name: under which a reader lists it; ``factur-x.xml`` makes the document a Factur-X invoice.
        content: UTF-8, kept byte for byte.
        media_type: such as "text/xml" or "text/csv".
        relationship: "alternative" says the same as the pages, "data" is what they are made of,
            "supplement" goes beyond them.
        description: what it is, in the reader's words.
    """

    name: str
    content: bytes
    media_type: str
    relationship: Relationship
    description: str

    def as_json(self) -> dict[str, str]:
        """As the templates read it: Typst takes in nothing but text.

        Raises:
            UnicodeDecodeError: when the content is not UTF-8.
        """
        return {
            "name": self.name,
            "text": self.content.decode(),
            "media_type": self.media_type,
            "relationship": self.relationship,
            "description": self.description,
        }
