"""Where text is asked for: one small Protocol, one file per kind of endpoint."""
