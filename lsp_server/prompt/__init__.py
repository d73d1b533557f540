"""Context -> prompt: one file per form."""
