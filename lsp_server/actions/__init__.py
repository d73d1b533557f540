"""Code actions: fix, refactor, explain, document, test, each from a request to verified edits."""
