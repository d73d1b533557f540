"""A model's reply -> new lines: one file per form that replies take."""
