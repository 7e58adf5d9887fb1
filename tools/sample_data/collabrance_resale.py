"""How two sample service providers re-bill their own customers (COL-27)."""

from __future__ import annotations

from tools.sample_data.writing import Document

RESALE_NET_30: Document = {
    "name": "Prairie IT Partners, LLC",
    "address": ["64 Prairie Avenue", "Cedar Falls, IA 00000"],
    "contact": ["319-555-0164", "billing@prairie-it-partners.example"],
    "payment": ["Sample Bank, routing 000000000, account 000001", "Please pay within 30 days."],
    "note": "Thank you for your business.",
    "primary": "#5b2a86",
    "accent": "#a2540a",
    "terms": "net 30",
    "invoice_day": 20,
    "markup_percent": "40",
    "markups": [
        {"percent": "25", "category": "communications"},
        {"percent": "30", "subscriber": "fairview-township"},
    ],
    "prices": [{"product": "SEC1153", "each": "49.00"}],
    "round_to": "0.05",
}
"""Everything 40% above cost, with an exception of each kind."""

RESALE_NET_10: Document = {
    "name": "Bluestem Technology",
    "address": ["2 Grass Lane", "Elm Grove, KS 00000"],
    "payment": ["Checks to Bluestem Technology, or call us to pay by card."],
    "primary": "#1f6f43",
    "accent": "#1f6f43",
    "terms": "net 10",
    "markup_percent": "35",
}
