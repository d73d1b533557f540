(namespace_use_declaration
  !body (namespace_use_clause . [(qualified_name) (name)] @path alias: (_)? @alias)) @import
(namespace_use_declaration
  (namespace_name) @module
  body: (namespace_use_group
    (namespace_use_clause . [(qualified_name) (name)] @name alias: (_)? @alias))) @import
(require_once_expression (string) @module) @import
(require_expression (string) @module) @import
(include_once_expression (string) @module) @import
(include_expression (string) @module) @import
