(module name: (_) @name) @definition.module
(class name: (_) @name) @definition.class
(method name: (_) @name) @definition.method
(singleton_method name: (_) @name) @definition.method
(assignment left: (constant) @name) @definition.constant
(assignment left: (instance_variable) @name) @definition.member
(call
  method: (identifier) @method
  arguments: (argument_list (simple_symbol) @name)
  (#any-of? @method "attr_accessor" "attr_reader" "attr_writer")) @definition.member
