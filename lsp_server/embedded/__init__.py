"""The engine with no model: it suggests code by copying from the user's own."""
