"""Whose documents the gallery shows: invented providers, and what was true at issue."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.domain.at_issue import Cause, Difference, InvoiceAtIssue
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.money import Money
from msp_billing.domain.parties import Buyer, Logo, PayTo, Seller
from msp_billing.domain.policy import Brand, Clause, ProviderPolicy
from mspbill.repository import repository_root
from tests.unit.adapters.at_issue_samples import EURO_BANK, PAY_TO, balance_of, issued
from tests.unit.adapters.invoice_samples import InvoiceMaker, policy, users_by_kind

ROOT = repository_root()
ASSETS = ROOT / "layers" / "rendering"
EVERYTHING = frozenset({"items", "summary_by_product", "summary_by_category"})

_LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">
  <rect width="96" height="96" rx="18" fill="{primary}"/>
  <path d="M22 74V50h12v24zM42 74V36h12v38zM62 74V22h12v52z" fill="#ffffff"/>
  <path d="M22 82h52v4H22z" fill="{accent}"/>
</svg>
"""


def brand(primary: str = "#17365d", accent: str = "#0f7c74") -> Brand:
    """Two colours, and a mark in them."""
    drawing = _LOGO.format(primary=primary, accent=accent).encode()
    logo = Logo(
        media_type="image/svg+xml", base64=base64.b64encode(drawing).decode(), text="Sample logo"
    )
    return Brand(primary=primary, accent=accent, logo=logo)


def american(**changes: Any) -> ProviderPolicy:
    """Northwind, which sells in dollars, with every way of paying and every appendix."""
    return policy(
        **{
            "brand": brand(),
            "pay_to": PAY_TO,
            "show": EVERYTHING,
            "remittance": ("Please write the invoice number on your payment.",),
            "invoice_note": "SAMPLE. Every name, amount and bank detail is invented. Something "
            "does not look right? Write to accounts@northwind.example before the due date.",
            **changes,
        }
    )


def provider(name: str) -> ProviderDirectory:
    """One of the sample providers of the repository."""
    return load_provider_directory(ROOT / "providers" / name)


@dataclass(frozen=True)
class European:
    """A provider in the euro area that writes in its own language."""

    locale: str
    country: str
    fields: dict[str, Any]
    clauses: dict[str, tuple[str, str]]
    products: dict[str, str]
    counts: dict[str, str]
    discount: str
    vat: str
    rate: int
    label: str
    bill_to: tuple[str, ...]
    buyer: Buyer = field(default=Buyer())

    @property
    def policy(self) -> ProviderPolicy:
        """Its policy."""
        texts = [
            Clause(clause=key, title=title, text=text)
            for key, (title, text) in self.clauses.items()
        ]
        given = {
            "currency": "EUR",
            "country": self.country,
            "locale": self.locale,
            "clauses": tuple(texts),
            "pay_to": PayTo(bank=EURO_BANK.model_copy(update={"holder": self.fields["name"]})),
        }
        return american(**given, **self.fields)

    def invoice(self, **changes: Any) -> Invoice:
        """Users by kind, with the value-added tax that such a provider adds."""
        made = users_by_kind()
        lines = tuple(self._translated(line) for line in made.lines)
        base = sum((line.amount.amount for line in lines), Decimal(0))
        amount = Money(amount=base * self.rate / 100, currency="EUR").rounded()
        tax = lines[-1].model_copy(
            update={
                "line": len(lines) + 1,
                "kind": LineKind.TAX,
                "product": "VAT",
                "description": self.vat,
                "unit": "tax",
                "unit_price": amount,
                "amount": amount,
            }
        )
        counts = tuple(
            entry.model_copy(update={"title": self.counts[entry.title]}) for entry in made.counts
        )
        return (
            InvoiceMaker("EUR")
            .section(self.bill_to[0])
            .make(
                lines=(*lines, tax),
                counts=counts,
                total=Money(amount=base + amount.amount, currency="EUR"),
                label=self.label,
                account_name=self.bill_to[0],
                bill_to=self.bill_to,
                locale=self.locale,
                country=self.country,
                buyer=self.buyer,
                **changes,
            )
        )

    def _translated(self, line: InvoiceLine) -> InvoiceLine:
        def euro(money: Money) -> Money:
            return Money(amount=money.amount, currency="EUR")

        name = self.products.get(line.product, self.discount)
        new = {"description": name, "unit_price": euro(line.unit_price)}
        return line.model_copy(update={**new, "amount": euro(line.amount)})


FRENCH = European(
    locale="fr",
    country="FR",
    fields={
        "name": "Aubépine Informatique (exemple)",
        "address": ("12 rue de l'Exemple", "44000 Nantes", "France"),
        "phone": "+33 1 99 00 00 00",
        "website": "aubepine.example",
        "mail_from": "factures@aubepine.example",
        "reply_to": "comptabilite@aubepine.example",
        "remittance": ("Merci d'indiquer le numéro de la facture.",),
        "invoice_note": "EXEMPLE. Les noms, les montants et les coordonnées bancaires sont "
        "inventés.",
        "brand": brand("#4a2545", "#a3402a"),
        "seller": Seller(vat_id="FR00000000000", registration_id="000 000 000 R.C.S. Nantes"),
    },
    clauses={
        "calendar": ("Factures le 15", "Les factures partent le 15 pour le mois suivant."),
        "per-user": (
            "Par utilisateur et par mois",
            "Le prix est compté par utilisateur ; la facture en donne la liste.",
        ),
        "term-discount": ("Engagement", "Un contrat de trois ans coûte 10 % de moins."),
    },
    products={
        "FULLTIME": "Utilisateur à temps plein",
        "PARTTIME": "Utilisateur à temps partiel",
        "SERVER": "Serveur infogéré",
        "BKP2210": "Sauvegarde en ligne, par serveur",
    },
    counts={
        "Full-time users": "Utilisateurs à temps plein",
        "Part-time users": "Utilisateurs à temps partiel",
    },
    discount="Remise d'engagement de 3 ans, 10 %",
    vat="TVA 20 % sur 2 060,55 EUR",
    rate=20,
    label="Contrat d'infogérance",
    bill_to=("Cabinet du Vieux Port", "Comptabilité fournisseurs", "3 quai d'Essai", "13002 Ville"),
    buyer=Buyer(vat_id="FR11111111111", reference="SERVICE-7"),
)

GERMAN = European(
    locale="de",
    country="DE",
    fields={
        "name": "Nordlicht IT GmbH (Muster)",
        "address": ("Musterkai 4", "20457 Hamburg", "Deutschland"),
        "phone": "+49 40 99999 000",
        "website": "nordlicht.example",
        "mail_from": "rechnung@nordlicht.example",
        "reply_to": "buchhaltung@nordlicht.example",
        "remittance": ("Bitte geben Sie die Rechnungsnummer an.",),
        "invoice_note": "MUSTER. Namen, Beträge und Bankverbindung sind erfunden.",
        "brand": brand("#0d3b2e", "#8a5a00"),
        "seller": Seller(vat_id="DE000000000", registration_id="HRB 00000, Hamburg"),
    },
    clauses={
        "calendar": ("Rechnung am 15.", "Wir berechnen am 15. den folgenden Monat."),
        "per-user": (
            "Je Benutzer und Monat",
            "Der Preis gilt je Benutzer; die Rechnung nennt jeden mit Namen.",
        ),
        "term-discount": ("Laufzeit", "Bei drei Jahren Laufzeit sparen Sie 10 %."),
    },
    products={
        "FULLTIME": "Benutzer in Vollzeit",
        "PARTTIME": "Benutzer in Teilzeit",
        "SERVER": "Betreuter Server",
        "BKP2210": "Datensicherung je Server",
    },
    counts={"Full-time users": "Benutzer in Vollzeit", "Part-time users": "Benutzer in Teilzeit"},
    discount="Rabatt für 3 Jahre Laufzeit, 10 %",
    vat="Umsatzsteuer 19 % auf 2.060,55 EUR",
    rate=19,
    label="Betreuungsvertrag",
    bill_to=("Zahnarztpraxis am Hafen", "Buchhaltung", "Beispielweg 12", "24103 Musterstadt"),
    buyer=Buyer(vat_id="DE999999999", reference="KST-4711"),
)


def at_issue(invoice: Invoice) -> InvoiceAtIssue:
    """An older invoice is open, some credit is used, and users and servers came and went."""

    def cause(kind: Cause, title: str, amount: str, before: str, now: str) -> Difference:
        price = Money(amount=abs(Decimal(amount)), currency=invoice.currency)
        counted = kind is Cause.COUNT
        return Difference(
            cause=kind,
            title=title,
            amount=Money(amount=Decimal(amount), currency=invoice.currency),
            quantity_before=Decimal(before) if before else None,
            quantity_now=Decimal(now) if now else None,
            price_before=price if counted or kind is Cause.ENDED else None,
            price_now=price if counted or kind is Cause.NEW else None,
        )

    names = {line.product: line.description for line in invoice.lines}
    changes = (
        cause(Cause.COUNT, names["FULLTIME"], "95.00", "16", "17"),
        cause(Cause.NEW, names["BKP2210"], "89.00", "", "1"),
        cause(Cause.COUNT, names["PARTTIME"], "-55.50", "4", "3"),
    )
    balance = balance_of(invoice, "607.50", "100", overdue="607.50", documents=1)
    return issued(invoice, balance, changes)
