"""Writes the OpenAPI document of the payments API, as its routes and models make it.

Run as ``python -m tools.openapi``. It needs no network and no account: nothing is called.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msp_billing.adapters.http.payments_api_document import payments_api_document

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "schemas" / "payments-api.json"
DEFECT = "A defect of ours. The request may be sent again."


def document() -> str:
    """The document as it is written: the same routes and models make the same bytes."""
    described = json.loads(payments_api_document())
    # API Gateway gives an address to each deployment; the document has none of its own.
    described.pop("servers", None)
    _describe_own_refusals(described)
    return json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _describe_own_refusals(described: dict[str, Any]) -> None:
    """Put our answer to a defect where Powertools describes its own, which is never given."""
    for item in described["paths"].values():
        for operation in item.values():
            operation["responses"]["500"] = {
                **operation["responses"]["503"],
                "description": DEFECT,
            }
    for unused in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        described["components"]["schemas"].pop(unused, None)


def main() -> None:
    """Write the document."""
    DOCUMENT.write_text(document(), encoding="utf-8")
    print(f"wrote {DOCUMENT}")


if __name__ == "__main__":
    main()
