(function_definition name: (_) @name) @definition.function
(variable_assignment name: (variable_name) @name) @declaration.variable
(declaration_command (variable_assignment name: (variable_name) @name)) @declaration.variable
