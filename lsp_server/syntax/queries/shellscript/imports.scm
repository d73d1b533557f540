(command
  name: (command_name) @command
  argument: [(word) (string) (raw_string) (concatenation)] @module
  (#any-of? @command "source" ".")) @import
