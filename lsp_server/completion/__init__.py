"""Ghost text: from a place in a snapshot to the items an editor shows."""
