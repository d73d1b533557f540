(namespace_declaration name: (_) @name) @scope
(class_declaration name: (_) @name) @definition.class
(record_declaration name: (_) @name) @definition.class
(record_declaration (parameter_list (parameter name: (_) @name) @definition.field))
(struct_declaration name: (_) @name) @definition.struct
(interface_declaration name: (_) @name) @definition.interface
(enum_declaration name: (_) @name) @definition.enum
(enum_member_declaration name: (_) @name) @definition.constant
(delegate_declaration name: (_) @name) @definition.type
(method_declaration name: (_) @name) @definition.method
(constructor_declaration name: (_) @name) @definition.method
(property_declaration name: (_) @name) @definition.field
(field_declaration
  (variable_declaration (variable_declarator name: (_) @name))) @definition.field
(event_field_declaration
  (variable_declaration (variable_declarator name: (_) @name))) @definition.field
(local_function_statement name: (_) @name) @definition.function
