(function_declaration name: (_) @name) @definition.function
(assignment_statement
  (variable_list . name: (_) @name)
  (expression_list . value: (function_definition body: (_)? @body))) @definition.function
(field name: (identifier) @name value: (function_definition body: (_)? @body)) @definition.function
(variable_declaration
  (assignment_statement (variable_list name: (identifier) @name))) @declaration.variable
(assignment_statement
  (variable_list name: [(identifier) (dot_index_expression)] @name)) @declaration.variable
(function_definition) @local
