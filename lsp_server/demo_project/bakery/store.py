"""The order book in SQLite."""

from __future__ import annotations

import sqlite3
from datetime import date

from bakery.models import Customer, Invoice, Order, Product

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT, since TEXT);
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price INTEGER);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER, product_id INTEGER, quantity INTEGER, day TEXT
);
CREATE TABLE invoices (id INTEGER PRIMARY KEY, order_id INTEGER, amount INTEGER, day TEXT);
"""


class Store:
    """Reads and writes the order book."""

    def __init__(self, path: str = ":memory:") -> None:
        self._connection = sqlite3.connect(path)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(SCHEMA)

    def get_customer(self, customer_id: int) -> Customer | None:
        """The customer with this number."""
        row = self._fetch_one("SELECT * FROM customers WHERE id = ?", customer_id)
        if row is None:
            return None
        return Customer(row["id"], row["name"], row["email"], date.fromisoformat(row["since"]))

    def add_customer(self, name: str, email: str, since: date) -> int:
        """Keep a new customer; gives their number."""
        return self._insert(
            "INSERT INTO customers (name, email, since) VALUES (?, ?, ?)",
            name,
            email,
            since.isoformat(),
        )

    def remove_customer(self, customer_id: int) -> bool:
        """Forget a customer; False where there was none."""
        return self._execute("DELETE FROM customers WHERE id = ?", customer_id) > 0

    def get_product(self, product_id: int) -> Product | None:
        """The product with this number."""
        row = self._fetch_one("SELECT * FROM products WHERE id = ?", product_id)
        if row is None:
            return None
        return Product(row["id"], row["name"], row["price"])

    def add_product(self, name: str, price: int) -> int:
        """Keep a new product; gives its number."""
        return self._insert("INSERT INTO products (name, price) VALUES (?, ?)", name, price)

    def remove_product(self, product_id: int) -> bool:
        """Forget a product; False where there was none."""
        return self._execute("DELETE FROM products WHERE id = ?", product_id) > 0

    def get_order(self, order_id: int) -> Order | None:
        """The order with this number."""
        row = self._fetch_one("SELECT * FROM orders WHERE id = ?", order_id)
        if row is None:
            return None
        return Order(
            row["id"],
            row["customer_id"],
            row["product_id"],
            row["quantity"],
            date.fromisoformat(row["day"]),
        )

    def remove_order(self, order_id: int) -> bool:
        """Forget an order; False where there was none."""
        return self._execute("DELETE FROM orders WHERE id = ?", order_id) > 0

    def _fetch_one(self, query: str, *values: object) -> sqlite3.Row | None:
        return self._connection.execute(query, values).fetchone()

    def _insert(self, query: str, *values: object) -> int:
        with self._connection:
            return self._connection.execute(query, values).lastrowid or 0

    def _execute(self, query: str, *values: object) -> int:
        with self._connection:
            return self._connection.execute(query, values).rowcount
