(import_statement (import_clause (identifier) @default) source: (string) @module) @import
(import_statement
  (import_clause (namespace_import (identifier) @whole)) source: (string) @module) @import
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @name alias: (_)? @alias)))
  source: (string) @module) @import
(import_statement source: (string) @module) @import
(export_statement
  (export_clause (export_specifier name: (_) @name alias: (_)? @alias))
  source: (string) @module) @import
(export_statement "*" @all source: (string) @module) @import
(variable_declarator
  name: (identifier) @whole
  value: (call_expression
    function: (identifier) @function
    arguments: (arguments . (string) @module))
  (#eq? @function "require")) @import
(variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @name
    (pair_pattern key: (_) @name value: (identifier) @alias)
  ])
  value: (call_expression
    function: (identifier) @function
    arguments: (arguments . (string) @module))
  (#eq? @function "require")) @import
