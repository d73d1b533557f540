"""What `qwen-lsp demo` types, as data: new code in the style of the sample project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """Behind the text `behind` in `file`, `given` is brought in at once and `typed` key by key.

    Where no ghost text comes, `more` is typed on until one does. With `by_hand` it is asked for in
    the end, as the editor's own key for it does.
    """

    title: str
    file: str
    language: str
    behind: str
    given: str
    typed: str
    more: str = ""
    by_hand: bool = False


_GET_INVOICE = '''\


    def get_invoice(self, invoice_id: int) -> Invoice | None:
        """The invoice with this number."""
'''
_FETCH_INVOICE = """\
        row = self._fetch_one("SELECT * FROM invoices WHERE id = ?", invoice_id)
        if row is None:
"""
_ADD_INVOICE = '''\


    def add_invoice(self, order_id: int, amount: int, day: date) -> int:
        """Keep a new invoice; gives its number."""
        return self._insert(
'''
_SHOW_INVOICE = '''\



def show_invoice(store: Store, parameters: dict[str, str]) -> Answer:
    """GET /invoices/{id}"""
    invoice = store.get_invoice(int(parameters["id"]))
    if invoice is None:
        return 404, {"error": "There is no such invoice."}
'''
_TO_JSON = """\


    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
"""
_GET_ORDER = """\


  async getOrder(id: number): Promise<Order> {
    const response = await this.send("GET", `/orders/${id}`);
"""

SCENES = (
    Scene(
        "A line as its neighbours have it, with this method's own names, asked for by hand",
        "bakery/store.py",
        "python",
        '"DELETE FROM orders WHERE id = ?", order_id) > 0',
        _GET_INVOICE,
        "        ro",
        "w = self._fetch",
        by_hand=True,
    ),
    Scene(
        "In a call, asked for by hand: the columns are those of the parameters above",
        "bakery/store.py",
        "python",
        '"DELETE FROM orders WHERE id = ?", order_id) > 0',
        _ADD_INVOICE,
        '            "INSER',
        by_hand=True,
    ),
    Scene(
        "A handler's end, from the handlers before it",
        "bakery/handlers.py",
        "python",
        "    return 200, order.to_json()",
        _SHOW_INVOICE,
        "    ret",
        "urn 200, inv",
    ),
    Scene(
        "A name half typed: the next field of this very class",
        "bakery/models.py",
        "python",
        "    amount: int\n    day: date",
        _TO_JSON,
        '            "order_',
        'id": self.',
    ),
    Scene(
        "TypeScript, by the same engine",
        "web/client.ts",
        "typescript",
        "    return (await response.json()) as Product;\n  }",
        _GET_ORDER,
        "    ret",
        "urn (await resp",
    ),
    Scene(
        "On an empty line, asked for by hand: a guess that is less sure will do",
        "bakery/store.py",
        "python",
        '"DELETE FROM orders WHERE id = ?", order_id) > 0',
        _GET_INVOICE + _FETCH_INVOICE,
        "            ",
        by_hand=True,
    ),
)
