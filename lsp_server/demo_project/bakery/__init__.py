"""The bakery's order book."""
