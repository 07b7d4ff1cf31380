"""Prices: whole numbers of the smallest unit of a currency; all that are known here have a hundred."""

from __future__ import annotations

CURRENCIES = ("CNY", "TWD", "HKD", "MOP", "EUR", "USD", "GBP", "CHF", "SGD")
PRICE_AT_MOST = 2_000_000_000  # a database's integer holds it
_OF = {
    "CN": "CNY",
    "TW": "TWD",
    "HK": "HKD",
    "MO": "MOP",
    "US": "USD",
    "GB": "GBP",
    "CH": "CHF",
    "SG": "SGD",
    **dict.fromkeys(("DE", "AT", "FR", "IT", "ES", "NL", "BE", "IE", "PT", "FI"), "EUR"),
}
_AT = {"Asia/Taipei": "TWD", "Asia/Hong_Kong": "HKD", "Asia/Macau": "MOP"}


def currency_of(country: str | None, time_zone: str) -> str:
    """In what people pay at a place; where its country is not known its clock says enough."""
    return _OF.get(country or "") or _AT.get(time_zone, "CNY")


def plain(amount: int) -> str:
    """ "120000" → "1200.00": as it is typed and read aloud, without a sign of the currency."""
    return f"{amount // 100}.{amount % 100:02}"
