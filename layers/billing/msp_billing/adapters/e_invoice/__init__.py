"""Invoices and credit notes as structured data: Factur-X, that is EN 16931 in UN/CEFACT CII."""

from msp_billing.adapters.e_invoice.credit_note_xml import e_credit_note, why_no_e_credit_note
from msp_billing.adapters.e_invoice.invoice_xml import e_invoice, why_no_e_invoice
from msp_billing.adapters.e_invoice.lines_csv import lines_csv

FACTUR_X_FILE = "factur-x.xml"
"""The name that the XML has inside of a PDF; the standard prescribes it."""

FACTUR_X_PROFILE = "EN 16931"
"""The conformance level that the PDF's metadata declare for it."""

__all__ = [
    "FACTUR_X_FILE",
    "FACTUR_X_PROFILE",
    "e_credit_note",
    "e_invoice",
    "lines_csv",
    "why_no_e_credit_note",
    "why_no_e_invoice",
]
