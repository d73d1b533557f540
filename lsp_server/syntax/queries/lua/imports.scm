(assignment_statement
  (variable_list . name: (identifier) @whole)
  (expression_list . value: (function_call
    name: (identifier) @function arguments: (arguments . (string) @module)))
  (#eq? @function "require")) @import
(function_call
  name: (identifier) @function
  arguments: (arguments . (string) @module)
  (#eq? @function "require")) @import
