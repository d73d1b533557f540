"""One file per LSP method: LSP types in, values to the session, LSP types out."""
