(import_spec name: (package_identifier) @whole path: (_) @module) @import
(import_spec name: (dot) @all path: (_) @module) @import
(import_spec !name path: (_) @module) @import
