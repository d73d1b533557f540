"""Reading the workspace, in a process of its own."""
