"""Two invented providers in the euro area that write in their own languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msp_billing.domain.clauses import Clause
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.money import Money
from msp_billing.domain.parties import Buyer, PayTo, Seller
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from tests.unit.adapters.at_issue_samples import EURO_BANK
from tests.unit.adapters.invoice_samples import InvoiceMaker, price_book, users_by_kind
from tools.gallery.samples import american, brand

_COUNTED = {"FULLTIME": "Full-time users", "PARTTIME": "Part-time users"}


@dataclass(frozen=True)
class European:
    """A provider in the euro area that writes in its own language."""

    locale: str
    country: str
    fields: dict[str, Any]
    clauses: dict[str, tuple[str, str]]
    products: dict[str, str]
    counts: dict[str, str]
    units: dict[str, str]
    categories: dict[str, str]
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
        reason = {"quantity_from": f"taxable charges in {self.country}, after discounts"}
        amount = Money(amount=base * self.rate / 100, currency="EUR").rounded()
        tax = lines[-1].model_copy(
            update={
                "line": len(lines) + 1,
                "kind": LineKind.TAX,
                "product": "VAT",
                "description": f"{self.vat}, {self.rate}% of {base:,} EUR",
                "reason": lines[-1].reason.model_copy(update=reason),
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

        new = {"unit_price": euro(line.unit_price), "amount": euro(line.amount)}
        if line.product not in self.products:
            text = line.description.replace("USD", "EUR")
            return line.model_copy(update={**new, "description": text})
        said = line.reason.quantity_from
        if line.reason.count is not None:
            said = f"counted: {self.counts[_COUNTED[line.product]]}"
        return line.model_copy(
            update={
                **new,
                "description": self.products[line.product],
                "unit": self.units[line.unit],
                "reason": line.reason.model_copy(update={"quantity_from": said}),
            }
        )

    @property
    def book(self) -> PriceBook:
        """Its prices."""
        book = price_book()
        return book.model_copy(
            update={
                "categories": tuple(
                    entry.model_copy(
                        update={"title": self.categories.get(entry.category, entry.title)}
                    )
                    for entry in book.categories
                ),
                "products": tuple(
                    entry.model_copy(update={"unit": self.units.get(entry.unit, entry.unit)})
                    for entry in book.products
                ),
            }
        )


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
    units={"user": "utilisateur", "device": "appareil", "server": "serveur"},
    categories={"agreement": "Infogérance", "backup": "Sauvegarde"},
    vat="TVA",
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
    units={"user": "Benutzer", "device": "Gerät", "server": "Server"},
    categories={"agreement": "Betreuung", "backup": "Datensicherung"},
    vat="Umsatzsteuer",
    rate=19,
    label="Betreuungsvertrag",
    bill_to=("Zahnarztpraxis am Hafen", "Buchhaltung", "Beispielweg 12", "24103 Musterstadt"),
    buyer=Buyer(vat_id="DE999999999", reference="KST-4711"),
)
