; inherits: ecmascript
(import_statement
  (import_require_clause (identifier) @whole source: (string) @module)) @import
