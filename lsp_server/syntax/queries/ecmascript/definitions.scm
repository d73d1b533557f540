; What JavaScript's grammar and both of TypeScript's have in common.
(class_declaration name: (_) @name) @definition.class
(variable_declarator name: (identifier) @name value: (class)) @definition.class
(function_declaration name: (_) @name) @definition.function
(generator_function_declaration name: (_) @name) @definition.function
(method_definition name: (_) @name) @definition.method
(lexical_declaration (variable_declarator
  name: (identifier) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (call_expression arguments: (arguments . (arrow_function body: (_) @body)))
  ])) @definition.function
(variable_declaration (variable_declarator
  name: (identifier) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
  ])) @definition.function
(assignment_expression
  left: (member_expression) @name
  right: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
  ]) @definition.function
(assignment_expression
  left: (member_expression
    object: (this)
    property: [(property_identifier) (private_property_identifier)] @name)) @definition.member
(lexical_declaration (variable_declarator name: (identifier) @name)) @declaration.variable
(variable_declaration (variable_declarator name: (identifier) @name)) @declaration.variable
(arrow_function) @local
(function_expression) @local
