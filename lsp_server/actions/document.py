"""Document: comments in the language's own form, and not a token of code changed."""

from __future__ import annotations

from lsp_server.actions.base import ActionRequest

# What a reader of the language expects, with the tool that reads it.
_FORMS = {
    "python": "a docstring in triple double quotes right below the `def` or `class` line (PEP 257: "
    "a summary line in the imperative; then arguments, result and errors in the style that the "
    "file's other docstrings have)",
    "javascript": "a JSDoc comment (`/** … */` with @param, @returns, @throws) above it",
    "typescript": "a TSDoc comment (`/** … */` with @param, @returns, @throws, without types) "
    "above it",
    "java": "a Javadoc comment (`/** … */` with @param, @return, @throws) above it",
    "kotlin": "a KDoc comment (`/** … */`) above it",
    "scala": "a Scaladoc comment (`/** … */`) above it",
    "groovy": "a Groovydoc comment (`/** … */`) above it",
    "php": "a PHPDoc comment (`/** … */` with @param, @return, @throws) above it",
    "c": "a Doxygen comment (`/** … */` with @param, @return) above it",
    "cpp": "a Doxygen comment (`/** … */` with @param, @return) above it",
    "rust": "a doc comment of `///` lines above it (a summary line; `# Errors` and `# Panics` "
    "where they apply)",
    "go": "a comment of `//` lines above it that begins with the declared name and is a sentence",
    "csharp": "an XML documentation comment of `///` lines above it (<summary>, <param>, "
    "<returns>)",
    "swift": "a documentation comment of `///` lines above it (- Parameters:, - Returns:)",
    "ruby": "a YARD comment of `#` lines above it (@param, @return)",
    "lua": "a LuaLS comment of `---` lines above it (---@param, ---@return)",
    "shellscript": "a comment of `#` lines above it (what it does, arguments, exit status)",
    "elixir": "a @doc attribute above it, and @moduledoc for modules",
    "haskell": "a Haddock comment (`-- |`) above it",
    "r": "a roxygen comment of `#'` lines above it",
    "julia": "a docstring in triple double quotes above it",
    "perl": "a comment of `#` lines above it",
    "css": "a comment (`/* … */`) above each rule that needs one",
    "sql": "a comment of `--` lines above it",
    "zig": "a doc comment of `///` lines above it",
    "dart": "a doc comment of `///` lines above it",
}
_ALIKE = {"javascriptreact": "javascript", "typescriptreact": "typescript", "objective-c": "c"}
_PLAIN = "a comment in the language's usual documentation form"


def describe_task(request: ActionRequest) -> str:
    """The task in words."""
    form = describe_form(request.snapshot.language)
    wish = f" {request.instruction}" if request.instruction else ""
    return (
        f"Document the function, class or code in the region with {form}. Say what is not plain "
        "from the code: purpose, units, errors, side effects. Mend documentation that is there "
        f"and wrong. Do not change code.{wish}"
    )


def describe_form(language: str) -> str:
    """The language's own form of documentation, in words."""
    return _FORMS.get(_ALIKE.get(language, language), _PLAIN)
