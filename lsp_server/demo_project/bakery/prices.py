"""What an order costs, in cents."""

from __future__ import annotations

from bakery.models import Order, Product

DOZEN = 12
DOZEN_DISCOUNT = 0.9


def total(order: Order, product: Product) -> int:
    """The price of an order; every full dozen is a tenth cheaper."""
    dozens, singles = divmod(order.quantity, DOZEN)
    return round(dozens * DOZEN * product.price * DOZEN_DISCOUNT) + singles * product.price


def format_price(cents: int) -> str:
    """1250 -> "12.50 €"."""
    return f"{cents // 100}.{cents % 100:02} €"
