"""What `qwen-lsp demo` types, as data: new code in the style of the sample project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """Behind the text `behind` in `file`, `given` is brought in at once and `typed` key by key."""

    title: str
    file: str
    language: str
    behind: str
    given: str
    typed: str


SCENES = (
    Scene(
        "A name half typed: the line goes on as its neighbours do, with this method's own names",
        "bakery/store.py",
        "python",
        '"DELETE FROM orders WHERE id = ?", order_id) > 0\n',
        "\n"
        "    def get_delivery(self, delivery_id: int) -> Delivery | None:\n"
        '        """The delivery with this number."""\n'
        '        row = self._fetch_one("SELECT * FROM deliveries WHERE id = ?", delivery_id)\n',
        "        if row is None:\n            ret",
    ),
    Scene(
        "In a call: what is meant here, and nothing twice",
        "bakery/handlers.py",
        "python",
        "    return 200, order.to_json()\n",
        "\n\n"
        "def show_delivery(store: Store, parameters: dict[str, str]) -> Answer:\n"
        '    """GET /deliveries/{id}"""\n',
        "    delivery = store.get_delivery(int(par",
    ),
    Scene(
        "After a pattern: the field that comes next",
        "bakery/models.py",
        "python",
        "    address: str\n    day: date\n",
        "\n"
        "    def to_json(self) -> dict[str, object]:\n"
        "        return {\n"
        '            "id": self.id,\n'
        '            "order_id": self.order_id,\n',
        '            "address": self.',
    ),
    Scene(
        "In a test: the same project's own words",
        "tests/test_store.py",
        "python",
        "    assert product.price == 480\n",
        "\n\n"
        "def test_forgets_a_product() -> None:\n"
        "    store = Store()\n"
        '    product_id = store.add_product("Rye loaf", 480)\n',
        "    assert store.remove_product(product_id)\n    assert store.get_product(prod",
    ),
    Scene(
        "TypeScript, by the same engine",
        "web/client.ts",
        "typescript",
        "    return (await response.json()) as Product;\n  }\n",
        "\n"
        "  async getOrder(id: number): Promise<Order> {\n"
        '    const response = await this.send("GET", `/orders/${id}`);\n',
        "    return (await re",
    ),
)
