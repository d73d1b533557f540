(using_directive name: (identifier) @whole (_) @module .) @import
(using_directive !name (_) @module .) @import
