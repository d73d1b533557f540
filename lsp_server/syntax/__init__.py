"""Grammars and syntax trees: the only package that knows tree-sitter."""
