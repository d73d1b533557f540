"""The store keeps what it is given, and forgets what it is told to."""

from datetime import date

from bakery.store import Store


def test_keeps_a_customer() -> None:
    store = Store()
    customer_id = store.add_customer("Ada", "ada@example.org", date(2024, 5, 1))
    customer = store.get_customer(customer_id)
    assert customer is not None
    assert customer.name == "Ada"
    assert customer.since == date(2024, 5, 1)


def test_forgets_a_customer() -> None:
    store = Store()
    customer_id = store.add_customer("Ada", "ada@example.org", date(2024, 5, 1))
    assert store.remove_customer(customer_id)
    assert store.get_customer(customer_id) is None


def test_keeps_a_product() -> None:
    store = Store()
    product_id = store.add_product("Rye loaf", 480)
    product = store.get_product(product_id)
    assert product is not None
    assert product.name == "Rye loaf"
    assert product.price == 480
