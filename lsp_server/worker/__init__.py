"""Work in processes of our own: one JSON object a line, in and out."""
