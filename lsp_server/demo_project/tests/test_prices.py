"""Prices are whole cents."""

from datetime import date

from bakery.models import Order, Product
from bakery.prices import format_price, total

ROLL = Product(1, "Roll", 50)


def test_singles_cost_their_price() -> None:
    order = Order(1, 1, 1, 5, date(2024, 5, 1))
    assert total(order, ROLL) == 250


def test_a_dozen_is_cheaper() -> None:
    order = Order(1, 1, 1, 12, date(2024, 5, 1))
    assert total(order, ROLL) == 540


def test_prices_are_written_with_two_digits() -> None:
    assert format_price(1205) == "12.05 €"
