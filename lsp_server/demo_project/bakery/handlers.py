"""JSON handlers: a request's parameters in, a status and a body out."""

from __future__ import annotations

from datetime import date
from typing import Any

from bakery.store import Store

Answer = tuple[int, dict[str, Any]]


def show_customer(store: Store, parameters: dict[str, str]) -> Answer:
    """GET /customers/{id}"""
    customer = store.get_customer(int(parameters["id"]))
    if customer is None:
        return 404, {"error": "There is no such customer."}
    return 200, customer.to_json()


def create_customer(store: Store, body: dict[str, Any]) -> Answer:
    """POST /customers"""
    if not body.get("name"):
        return 400, {"error": "A name is needed."}
    customer_id = store.add_customer(body["name"], body["email"], date.today())
    return 201, {"id": customer_id}


def show_product(store: Store, parameters: dict[str, str]) -> Answer:
    """GET /products/{id}"""
    product = store.get_product(int(parameters["id"]))
    if product is None:
        return 404, {"error": "There is no such product."}
    return 200, product.to_json()


def create_product(store: Store, body: dict[str, Any]) -> Answer:
    """POST /products"""
    if not body.get("name"):
        return 400, {"error": "A name is needed."}
    product_id = store.add_product(body["name"], body["price"])
    return 201, {"id": product_id}


def show_order(store: Store, parameters: dict[str, str]) -> Answer:
    """GET /orders/{id}"""
    order = store.get_order(int(parameters["id"]))
    if order is None:
        return 404, {"error": "There is no such order."}
    return 200, order.to_json()
