"""qwen-lsp: one language server that gives every editor Qwen's ghost text and code actions."""

__version__ = "0.1.0"
