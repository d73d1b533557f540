(call
  method: (identifier) @method
  arguments: (argument_list . (string) @module)
  (#any-of? @method "require" "require_relative" "load")) @import
