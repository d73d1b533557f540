; inherits: c
(namespace_definition name: (_) @name) @definition.module
(class_specifier name: (_) @name body: (_)) @definition.class
(function_definition declarator: [
  (function_declarator
    declarator: [(field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)
  (pointer_declarator declarator: (function_declarator
    declarator: [(field_identifier) (qualified_identifier) (operator_name)] @name))
  (reference_declarator (function_declarator declarator: [
    (identifier) (field_identifier) (qualified_identifier) (operator_name)
  ] @name))
]) @definition.function
(declaration declarator: [
  (function_declarator declarator: [(destructor_name) (operator_name)] @name)
  (reference_declarator
    (function_declarator declarator: [(identifier) (operator_name)] @name))
]) @declaration.function
(field_declaration declarator: [
  (function_declarator declarator: [(field_identifier) (operator_name)] @name)
  (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name))
  (reference_declarator
    (function_declarator declarator: [(field_identifier) (operator_name)] @name))
]) @definition.method
(field_declaration declarator: (reference_declarator (field_identifier) @name)) @definition.field
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.type
(lambda_expression) @local
