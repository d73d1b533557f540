(use_declaration argument: (_) @tree) @import
(extern_crate_declaration name: (identifier) @whole @module) @import
(mod_item name: (identifier) @whole @module !body) @import
