"""What the order book holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Customer:
    """Somebody who buys bread."""

    id: int
    name: str
    email: str
    since: date

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "since": self.since.isoformat(),
        }


@dataclass(frozen=True)
class Product:
    """Something to buy; `price` is in cents."""

    id: int
    name: str
    price: int

    def to_json(self) -> dict[str, object]:
        return {"id": self.id, "name": self.name, "price": self.price}


@dataclass(frozen=True)
class Order:
    """So many of one product for one customer."""

    id: int
    customer_id: int
    product_id: int
    quantity: int
    day: date

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "customer_id": self.customer_id,
            "product_id": self.product_id,
            "quantity": self.quantity,
            "day": self.day.isoformat(),
        }


@dataclass(frozen=True)
class Invoice:
    """What a customer owes for an order; `amount` is in cents."""

    id: int
    order_id: int
    amount: int
    day: date
