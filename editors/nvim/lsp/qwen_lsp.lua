---@brief
---
--- Ghost text from Qwen coder models, hosted or local, by the language server `qwen-lsp`.
---
--- ```lua
--- vim.lsp.enable('qwen_lsp')
--- ```
---
--- Neovim 0.12 shows the suggestion as ghost text and `<Tab>` takes it; where nothing is shown
--- `<Tab>` means what it meant before. Another key: `vim.g.qwen_accept_key = '<C-l>'`, none:
--- `false`; a `<Tab>` that you have mapped yourself stays yours. `<Plug>(qwen-accept)` can be
--- mapped as well. Neovim 0.11 shows the suggestion as the first item of the completion menu,
--- `<C-n><C-y>` takes it.
---
--- `:QwenFix`, `:QwenRefactor`, `:QwenDoc` and `:QwenTest` change code, `:QwenExplain` explains it:
--- the lines of a range, or what the cursor stands in. Words after them are the instruction. The same
--- is in the menu of code actions (`gra`). `u` undoes.
---
--- `:QwenWhy` says what became of the last suggestion for this buffer, `:QwenToggle` switches
--- suggestions off and on, `:QwenToggle language` those of the buffer's language.

local INLINE = 'textDocument/inlineCompletion'

---@class (private) qwen.Offer What the server last offered for a buffer, and the line it was for.
---@field row integer 0-based.
---@field before string The line's text left of the cursor when it was asked for.
---@field after string The line's text right of it.
---@field edits table<string, { text: string, tail: integer }> Text of an item as it is shown -> the
---text to insert, and how many bytes of `after` it replaces.

---@type table<integer, qwen.Offer?>
local offers = {}

--- The text that was typed since the offer, nil where the line is no longer the one it was for.
---@param bufnr integer
---@param offer qwen.Offer
---@return string?
local function typed_since(bufnr, offer)
  local window = vim.fn.bufwinid(bufnr)
  if window == -1 then
    return nil
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(window))
  local line = vim.api.nvim_buf_get_lines(bufnr, row - 1, row, false)[1] or ''
  local before, after = line:sub(1, column), line:sub(column + 1)
  if row - 1 ~= offer.row or after ~= offer.after or not vim.startswith(before, offer.before) then
    return nil
  end
  return before:sub(#offer.before + 1)
end

--- Let each item begin at the cursor, and leave out those that the text has moved away from.
---
--- The server's ranges begin further left. Neovim neither moves such a range while the user types
--- on nor keeps the text right of the cursor visible beside it, and it takes the carriage returns
--- of a DOS file for text.
---@param result lsp.InlineCompletionList|lsp.InlineCompletionItem[]
---@param bufnr integer
---@param offer qwen.Offer
---@param position lsp.Position
---@param encoding string
---@return lsp.InlineCompletionItem[]
local function begin_at_cursor(result, bufnr, offer, position, encoding)
  local typed = typed_since(bufnr, offer)
  local items = {}
  for _, item in ipairs(typed and (result.items or result) or {}) do
    local text, range = item.insertText, item.range
    local line = offer.before .. offer.after
    local start = range and vim.str_byteindex(line, encoding, range.start.character, false)
    local left = start and offer.before:sub(start + 1) or ''
    if type(text) == 'string' and vim.startswith(text, left) then
      text = text:sub(#left + 1)
      if vim.bo[bufnr].fileformat == 'dos' then
        text = text:gsub('\r\n', '\n')
      end
      if vim.startswith(text, typed) and #text > #typed then
        local finish = range and range['end'] or position
        local tail = vim.str_byteindex(line, encoding, finish.character, false) - #offer.before
        local repeated = offer.after:sub(1, tail)
        local shown = text
        -- An empty range is shown between the texts beside it, any other on top of them.
        if vim.endswith(text, repeated) then
          shown, finish = text:sub(1, #text - #repeated), position
        end
        if shown ~= '' then
          offer.edits[shown] = { text = text, tail = tail }
          item.insertText = shown
          item.range = { start = position, ['end'] = finish }
          items[#items + 1] = item
        end
      end
    end
  end
  return items
end

---@param client vim.lsp.Client
---@param bufnr integer
---@param row integer 0-based.
---@param column integer In bytes; past the end is the end.
---@return lsp.Position
local function make_position(client, bufnr, row, column)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
  local character = vim.str_utfindex(line, client.offset_encoding, math.min(column, #line), false)
  return { line = row, character = character }
end

--- The buffer's diagnostics, of whatever source, in the encoding that this server counts in.
---@param client vim.lsp.Client
---@param bufnr integer
---@return table[]
local function describe_diagnostics(client, bufnr)
  return vim.tbl_map(function(one)
    local last, column = one.end_lnum or one.lnum, one.end_col or one.col
    return {
      range = {
        start = make_position(client, bufnr, one.lnum, one.col),
        ['end'] = make_position(client, bufnr, last, column),
      },
      message = one.message,
      severity = one.severity,
      source = one.source,
      code = one.code,
    }
  end, vim.diagnostic.get(bufnr))
end

--- See the requests of all that is in Neovim: those for ghost text with the line that they are for,
--- those for code actions with the diagnostics of other servers and linters, which Neovim leaves out.
---@param client vim.lsp.Client
local function watch_requests(client)
  local request = client.request
  ---@diagnostic disable-next-line: duplicate-set-field
  client.request = function(self, method, params, handler, buffer)
    local bufnr = (buffer == nil or buffer == 0) and vim.api.nvim_get_current_buf() or buffer
    if self == client and method == 'textDocument/codeAction' then
      local known = { diagnostics = describe_diagnostics(client, bufnr) }
      params = vim.tbl_deep_extend('force', params, { context = known })
    end
    if self ~= client or method ~= INLINE or type(handler) ~= 'function' then
      return request(self, method, params, handler, buffer)
    end
    local row = params.position.line
    local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
    local encoding = client.offset_encoding
    local column = vim.str_byteindex(line, encoding, params.position.character, false)
    return request(self, method, params, function(err, result, context)
      if type(result) == 'table' and vim.api.nvim_buf_is_loaded(bufnr) then
        local offer =
          { row = row, before = line:sub(1, column), after = line:sub(column + 1), edits = {} }
        offers[bufnr] = offer
        result = {
          items = begin_at_cursor(result, bufnr, offer, params.position, encoding),
        }
      end
      handler(err, result, context)
    end, buffer)
  end
end

--- Put the text of an item in place of what was typed of it and of what it repeats.
---@param client vim.lsp.Client
---@param bufnr integer
---@param item vim.lsp.inline_completion.Item
local function insert_item(client, bufnr, item)
  local offer = offers[bufnr]
  local typed = offer and typed_since(bufnr, offer)
  local edit = offer and offer.edits[item.insert_text]
  -- Keys that were pressed right after this one are in the text already.
  if not offer or not typed or not edit or not vim.startswith(edit.text, typed) then
    return
  end
  local row, column = offer.row, #offer.before
  local lines = vim.split(edit.text, '\n', { plain = true })
  vim.api.nvim_buf_set_text(bufnr, row, column, row, column + #typed + edit.tail, lines)
  local last = #lines[#lines] + (#lines == 1 and column or 0)
  vim.api.nvim_win_set_cursor(vim.fn.bufwinid(bufnr), { row + #lines, last })
  offers[bufnr] = nil
  if item.command then
    client:exec_cmd(item.command, { bufnr = bufnr })
  end
end

--- Take the ghost text that is shown; false where there is none that still fits.
---@param client vim.lsp.Client
---@param bufnr integer
---@return boolean
local function accept(client, bufnr)
  local offer = offers[bufnr]
  local typed = offer and typed_since(bufnr, offer)
  if not offer or not typed then
    return false
  end
  local fits = vim.iter(offer.edits):any(function(text)
    return vim.startswith(text, typed)
  end)
  return fits
    and vim.lsp.inline_completion.get({
      bufnr = bufnr,
      on_accept = function(item)
        if item.client_id ~= client.id then
          return item
        end
        insert_item(client, bufnr, item)
      end,
    })
end

--- What the key does in Insert mode without us, as keys: Neovim's own mapping or the key itself.
--- nil where the user has mapped it.
---@param key string
---@return (fun(): string)?
local function find_own_meaning(key)
  local mapping = vim.fn.maparg(key, 'i', false, true)
  if vim.tbl_isempty(mapping) then
    return function()
      return key
    end
  end
  local is_neovims = vim.startswith(mapping.desc or '', 'vim.snippet.jump')
  return is_neovims and mapping.callback or nil
end

---@param client vim.lsp.Client
---@param bufnr integer
local function map_keys(client, bufnr)
  vim.keymap.set('i', '<Plug>(qwen-accept)', function()
    accept(client, bufnr)
  end, { buffer = bufnr, desc = 'Qwen: accept the suggestion' })
  local key = vim.g.qwen_accept_key
  if key == nil then
    key = '<Tab>'
  end
  local own_meaning = key and find_own_meaning(key)
  if own_meaning then
    -- No expression mapping: Neovim evaluates those before it inserts the keys typed just before.
    vim.keymap.set('i', key, function()
      if not accept(client, bufnr) then
        vim.api.nvim_feedkeys(vim.keycode(own_meaning()), 'in', false)
      end
    end, { buffer = bufnr, desc = 'Qwen: accept the suggestion, otherwise ' .. key })
  end
end

--- Bring what an accepted item has beyond its first line, and take away what it repeats: Neovim's
--- own menu inserts one line and leaves the text right of the cursor as it is.
---@param client vim.lsp.Client
---@param bufnr integer
local function complete_item(client, bufnr)
  local data = vim.tbl_get(vim.v.completed_item, 'user_data', 'nvim', 'lsp')
  if vim.v.event.reason ~= 'accept' or not data or data.client_id ~= client.id then
    return
  end
  local item = data.completion_item
  local edit = item.textEdit
  local lines = vim.split(edit.newText, '\r?\n')
  -- The filter text is what stood between the start of the range and the cursor.
  local held = item.filterText ~= edit.newText and item.filterText or ''
  local encoding = client.offset_encoding
  local cursor = edit.range.start.character + vim.str_utfindex(held, encoding)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local after = vim.api.nvim_get_current_line():sub(column + 1)
  local units = math.max(edit.range['end'].character - cursor, 0)
  local tail = vim.str_byteindex(after, encoding, units, false)
  if #lines == 1 and tail == 0 then
    return
  end
  lines[1] = ''
  vim.api.nvim_buf_set_text(bufnr, row - 1, column, row - 1, column + tail, lines)
  if #lines > 1 then
    vim.api.nvim_win_set_cursor(0, { row + #lines - 1, #lines[#lines] })
  end
end

--- Show suggestions in the completion menu, unless a plug-in does so.
---@param client vim.lsp.Client
---@param bufnr integer
local function show_in_menu(client, bufnr)
  if package.loaded['blink.cmp'] or package.loaded['cmp'] then
    return
  end
  local options = vim.opt_local.completeopt:get()
  if not (vim.list_contains(options, 'noselect') or vim.list_contains(options, 'noinsert')) then
    -- Otherwise a menu that opens by itself would insert its first item by itself.
    vim.bo[bufnr].completeopt = 'menuone,noselect,popup'
  end
  vim.lsp.completion.enable(true, client.id, bufnr, { autotrigger = true })
  vim.api.nvim_create_autocmd('CompleteDone', {
    group = vim.api.nvim_create_augroup('qwen_lsp_menu_' .. bufnr, {}),
    buffer = bufnr,
    callback = function()
      complete_item(client, bufnr)
    end,
  })
end

--- Say something in the last line, or in a floating window what does not fit there: a longer message
--- would want a key before going on.
---@param text string
---@param level? integer
local function tell(text, level)
  if not text:find('\n') and vim.fn.strdisplaywidth(text) <= vim.v.echospace then
    vim.notify(text, level)
    return
  end
  local look = { title = 'qwen', border = 'rounded', max_width = 80 }
  vim.lsp.util.open_floating_preview(vim.split(text, '\n'), 'plaintext', look)
end

--- Show a buffer in a window below, unless one shows it. The cursor stays where it is: the user may
--- be typing.
---@param bufnr integer
---@return integer window
local function show_below(bufnr)
  local window = vim.fn.bufwinid(bufnr)
  if window == -1 then
    window = vim.api.nvim_open_win(bufnr, false, { split = 'below', win = 0 })
  end
  return window
end

---@type integer?
local explanation

--- Show an explanation as Markdown, in the window of the one before.
---@param markdown string
local function show_explanation(markdown)
  if not explanation or not vim.api.nvim_buf_is_valid(explanation) then
    explanation = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(explanation, 'qwen://explanation')
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = explanation, desc = 'Qwen: close' })
  end
  vim.bo[explanation].modifiable = true
  vim.api.nvim_buf_set_lines(explanation, 0, -1, false, vim.split(markdown, '\r?\n'))
  vim.bo[explanation].modifiable = false
  local window = show_below(explanation)
  vim.wo[window][0].wrap = true
  vim.wo[window][0].linebreak = true
  vim.wo[window][0].conceallevel = 2
  vim.bo[explanation].filetype = 'markdown'
  vim.api.nvim_win_set_cursor(window, { 1, 0 })
end

--- Run one of the server's commands for a buffer and hand on what it answers. What is null in JSON
--- arrives as a value of its own, which counts as true.
---@param client vim.lsp.Client
---@param bufnr integer
---@param name string
---@param argument table
---@param show fun(answer: table)
local function run(client, bufnr, name, argument, show)
  argument.uri = vim.uri_from_bufnr(bufnr)
  local params = { command = name, arguments = { argument } }
  client:request('workspace/executeCommand', params, function(err, answer)
    if err then
      tell('qwen: ' .. err.message, vim.log.levels.ERROR)
    elseif type(answer) == 'table' then
      show(answer)
    end
  end, bufnr)
end

---@param answer { outcome: string, reason: any, engine: any, model: any, ms: number }
local function show_fate(answer)
  local by = type(answer.model) == 'string' and answer.model or answer.engine
  local lines = { answer.outcome }
  if type(by) == 'string' then
    lines[1] = ('%s by %s in %.0f ms'):format(answer.outcome, by, answer.ms)
  end
  if type(answer.reason) == 'string' then
    lines[2] = answer.reason
  end
  tell(table.concat(lines, '\n'))
end

---@param answer { status: string, reason: any, markdown: any }
local function show_result(answer)
  if type(answer.markdown) == 'string' then
    show_explanation(answer.markdown)
    return
  end
  local reason = type(answer.reason) == 'string' and answer.reason or answer.status
  local is_done = answer.status == 'applied' or answer.status == 'unchanged'
  tell('qwen: ' .. reason, is_done and vim.log.levels.INFO or vim.log.levels.WARN)
end

--- Ask a model to do something with code.
---@param client vim.lsp.Client
---@param bufnr integer
---@param name string
---@param argument { range?: lsp.Range, instruction?: string, diagnostics?: table[] }
local function act(client, bufnr, name, argument)
  if name == 'qwen.refactor' and not argument.instruction then
    vim.ui.input({ prompt = 'Refactor (empty: make it simpler): ' }, function(instruction)
      if instruction then
        act(client, bufnr, name, vim.tbl_extend('force', argument, { instruction = instruction }))
      end
    end)
    return
  end
  -- What a menu or a question has left on the screen would make this message wait for a key.
  vim.cmd.redraw()
  vim.api.nvim_echo({ { 'qwen: working…' } }, false, {})
  run(client, bufnr, name, argument, show_result)
end

--- What a user command is about: the lines of its range, or the place of the cursor.
---@param client vim.lsp.Client
---@param bufnr integer
---@param command vim.api.keyset.create_user_command.command_args
---@return lsp.Range
local function find_range(client, bufnr, command)
  if command.range > 0 then
    return {
      start = make_position(client, bufnr, command.line1 - 1, 0),
      ['end'] = make_position(client, bufnr, command.line2 - 1, math.huge),
    }
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local place = make_position(client, bufnr, row - 1, column)
  return { start = place, ['end'] = place }
end

-- User command, the server's, what it does.
local ACTIONS = {
  { 'QwenFix', 'qwen.fix', 'Fix the diagnostics, or what the words say' },
  { 'QwenRefactor', 'qwen.refactor', 'Refactor as the words say' },
  { 'QwenDoc', 'qwen.doc', 'Document' },
  { 'QwenTest', 'qwen.test', 'Write tests' },
  { 'QwenExplain', 'qwen.explain', 'Explain' },
}

---@param client vim.lsp.Client
---@param bufnr integer
local function create_action_commands(client, bufnr)
  for _, action in ipairs(ACTIONS) do
    local user_command, name, desc = unpack(action)
    vim.api.nvim_buf_create_user_command(bufnr, user_command, function(command)
      act(client, bufnr, name, {
        range = find_range(client, bufnr, command),
        instruction = command.args ~= '' and command.args or nil,
        diagnostics = name == 'qwen.fix' and describe_diagnostics(client, bufnr) or nil,
      })
    end, { desc = 'Qwen: ' .. desc, range = true, nargs = '*' })
  end
end

--- Run what was chosen in the menu of code actions.
---@param command lsp.Command
---@param context { bufnr: integer, client_id: integer }
local function run_code_action(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  act(client, context.bufnr, command.command, command.arguments[1])
end

--- Apply an edit and show what it changed out of sight. Neovim leaves out an edit of text that has
--- changed meanwhile, and reports it as applied all the same.
---@type lsp.Handler
local function apply_edit(err, params, context)
  local changes = params.edit.documentChanges or {}
  for _, change in ipairs(changes) do
    local version = vim.tbl_get(change, 'textDocument', 'version')
    if type(version) == 'number' then
      local bufnr = vim.uri_to_bufnr(change.textDocument.uri)
      if vim.lsp.util.buf_versions[bufnr] > version then
        return { applied = false, failureReason = 'The code was edited meanwhile; ask again.' }
      end
    end
  end
  -- Neovim would print the label, and ask for a key after our own message.
  params.label = nil
  local answer = vim.lsp.handlers['workspace/applyEdit'](err, params, context)
  for _, change in ipairs(answer.applied and changes or {}) do
    if change.textDocument then
      show_below(vim.uri_to_bufnr(change.textDocument.uri))
    end
  end
  return answer
end

---@param client vim.lsp.Client
---@param bufnr integer
local function create_commands(client, bufnr)
  local create = vim.api.nvim_buf_create_user_command
  create(bufnr, 'QwenWhy', function()
    run(client, bufnr, 'qwen.why', {}, show_fate)
  end, { desc = 'Qwen: What became of the last suggestion' })
  create(bufnr, 'QwenToggle', function(command)
    local scope = command.args ~= '' and command.args or 'all'
    run(client, bufnr, 'qwen.toggle', { scope = scope }, function(answer)
      tell(('qwen: suggestions toggled (%s), now %s'):format(scope, answer.state))
    end)
  end, {
    desc = 'Qwen: Switch suggestions off or on',
    nargs = '?',
    complete = function()
      return { 'all', 'language' }
    end,
  })
end

-- Neovim says only in its log that a server is not there.
vim.api.nvim_create_autocmd('FileType', {
  group = vim.api.nvim_create_augroup('qwen_lsp_missing', {}),
  once = true,
  callback = vim.schedule_wrap(function()
    local command = vim.lsp.config.qwen_lsp.cmd
    if type(command) == 'table' and vim.fn.executable(command[1]) == 0 then
      local advice = 'qwen: there is no program %s. Install it with: uv tool install qwen-lsp'
      vim.notify(advice:format(command[1]), vim.log.levels.WARN)
    end
  end),
})

---@type vim.lsp.Config
return {
  cmd = { 'qwen-lsp' },
  root_markers = { '.git', 'pyproject.toml', 'package.json', 'go.mod', 'Cargo.toml' },
  capabilities = {
    workspace = {
      workspaceEdit = {
        -- Neovim can, and does not say so.
        documentChanges = true,
        -- It would ask for a yes without showing what for; `u` is the better answer.
        changeAnnotationSupport = vim.NIL,
      },
    },
    -- Explanations are shown here, not opened as files.
    experimental = { qwen = { explanations = true } },
  },
  commands = vim.iter(ACTIONS):fold({}, function(commands, action)
    commands[action[2]] = run_code_action
    return commands
  end),
  handlers = { ['workspace/applyEdit'] = apply_edit },
  on_init = watch_requests,
  on_attach = function(client, bufnr)
    create_commands(client, bufnr)
    create_action_commands(client, bufnr)
    if vim.lsp.inline_completion then
      vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
      map_keys(client, bufnr)
    elseif client:supports_method('textDocument/completion', bufnr) then
      show_in_menu(client, bufnr)
    end
  end,
}
