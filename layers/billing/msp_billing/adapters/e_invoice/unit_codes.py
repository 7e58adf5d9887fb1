"""Units as e-invoices name them: the codes of UN/ECE Recommendation 20."""

from __future__ import annotations

from functools import lru_cache

ONE = "C62"
"""Something that is counted, whatever it is: users, mailboxes, licences, and all unknown units."""

_WORDS = {
    "H87": "piece pieces device devices server servers workstation workstations computer computers "
    "laptop laptops switch switches router routers firewall firewalls printer printers appliance "
    "appliances phone phones tablet tablets stück gerät geräte pièce pièces pieza piezas",
    "HUR": "hour hours h hr hrs stunde stunden std heure heures hora horas",
    "MIN": "minute minutes min minuten minuto minutos",
    "DAY": "day days tag tage jour jours día días",
    "WEE": "week weeks woche wochen semaine semaines semana semanas",
    "MON": "month months monat monate mois mes meses",
    "QAN": "quarter quarters quartal quartale trimestre trimestres",
    "ANN": "year years jahr jahre an ans année années año años",
    "4L": "mb megabyte megabytes",
    "E34": "gb gigabyte gigabytes go",
    "E35": "tb terabyte terabytes to",
    "KWH": "kwh",
    "KMT": "km kilometre kilometres kilometer kilometers kilómetro kilómetros",
    "SMI": "mile miles",
    "SET": "set sets",
    "LS": "flat fee fees project projects lump-sum",
}
"""Things that can be touched are pieces; a fee or a project is a lump sum."""

_CODES = {word: code for code, words in _WORDS.items() for word in words.split()}


@lru_cache(maxsize=512)
def unit_code(unit: str) -> str:
    """The code of a unit that a provider named in its own words; ``C62`` for one not known.

    A unit of several words goes by its last one (``managed device``), and by its first where
    something is said of it (``hour, after hours``).
    """
    words = unit.casefold().replace(",", " ").replace(".", " ").split()
    if not words:
        return ONE
    return _CODES.get(words[-1]) or _CODES.get(words[0]) or ONE
