-- chat/1 for Wireshark: its lines, put together from the segments that carry them.
--
--   tshark -X lua_script:/path/to/chatkit.lua -r mine.pcap -Y chatkit
--
-- What is sealed with TLS is shown, too, if Wireshark has the keys (tls.keylog_file).
-- TCP hands over bytes, not messages. What has no LF yet is given back, with the request for one more segment.

local chat = Proto("chatkit", "chatkit chat/1")

-- verb: what follows it. The last takes the rest of the line, the others end at a space (PROTOCOL.md).
local WORDS = {
  PASS = {"secret"}, JOIN = {"name"}, SAY = {"text"}, TELL = {"name", "text"}, WHO = {}, QUIT = {"text"}, CAPTURE = {},
  PING = {"token"}, PONG = {"token"},
  HELLO = {"version", "text"}, WELCOME = {"name"}, USERS = {"count", "names"}, JOINED = {"name"},
  SAID = {"name", "text"}, TOLD = {"name", "text"}, LEFT = {"name", "text"}, PAST = {"name", "text"},
  CAPTURED = {"url"}, BYE = {"text"}, ERROR = {"code", "text"},
}
local MAX_LINE_BYTES = 8192 -- with its LF
local tls = Dissector.get("tls")

local fields = {line = ProtoField.string("chatkit.line", "Line"), verb = ProtoField.string("chatkit.verb", "Verb")}
for _, words in pairs(WORDS) do
  for _, word in ipairs(words) do
    fields[word] = fields[word] or ProtoField.string("chatkit." .. word, word)
  end
end
chat.fields = {}
for _, field in pairs(fields) do
  table.insert(chat.fields, field)
end

local too_long = ProtoExpert.new("chatkit.too_long", "Line of over 8192 bytes", expert.group.PROTOCOL, expert.severity.ERROR)
local unknown = ProtoExpert.new("chatkit.unknown", "Verb that chat/1 does not have", expert.group.PROTOCOL, expert.severity.WARN)
chat.experts = {too_long, unknown}

-- Show what follows the verb, from `at` to the end of the line at `stop`.
local function add_words(tree, buffer, text, at, stop, words)
  for number, word in ipairs(words) do
    local space = number < #words and text:find(" ", at + 1, true)
    local upto = (space and space <= stop) and space - 1 or stop
    if upto > at then
      tree:add_packet_field(fields[word], buffer:range(at, upto - at), ENC_UTF_8)
    end
    at = upto + 1
  end
end

-- Show the line from `start` to `stop`; `text` is all the bytes, and Lua counts them from 1. Gives its verb.
local function add_line(tree, buffer, text, start, stop)
  local line = tree:add(chat, buffer:range(start, stop - start))
  if stop - start > 0 then
    line:add_packet_field(fields.line, buffer:range(start, stop - start), ENC_UTF_8)
  end
  local space = text:find(" ", start + 1, true)
  local upto = (space and space <= stop) and space - 1 or stop
  local verb = text:sub(start + 1, upto):upper()
  if upto > start then
    line:add(fields.verb, buffer:range(start, upto - start), verb)
  end
  line:set_text("chat/1: " .. verb)
  if WORDS[verb] then
    add_words(line, buffer, text, upto + 1, stop, WORDS[verb])
  elseif verb ~= "" then
    line:add_proto_expert_info(unknown)
  end
  return verb
end

-- A record of TLS begins with its type (RFC 8446, section 5.1), and no line of chat/1 with such a character.
local function is_sealed(buffer)
  local first = buffer:range(0, 1):uint()
  return first >= 20 and first <= 24
end

function chat.dissector(buffer, pinfo, tree)
  if buffer:len() > 0 and is_sealed(buffer) then
    return tls:call(buffer, pinfo, tree) -- with the keys, it comes back with what was said
  end
  local text, start, verbs = buffer:raw(), 0, {}
  while start < buffer:len() do
    local feed = text:find("\n", start + 1, true)
    if not feed and buffer:len() - start < MAX_LINE_BYTES then
      pinfo.desegment_offset = start
      pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    local stop = feed and feed - 1 or buffer:len()
    if stop > start and text:byte(stop) == 13 then
      stop = stop - 1 -- a CR before the LF belongs to the ending
    end
    table.insert(verbs, add_line(tree, buffer, text, start, stop))
    if stop - start >= MAX_LINE_BYTES then
      tree:add_proto_expert_info(too_long)
    end
    start = feed or buffer:len()
  end
  if #verbs > 0 then
    pinfo.cols.protocol = "chat/1"
    pinfo.cols.info = table.concat(verbs, ", ")
  end
end

chat.prefs.port = Pref.uint("TCP port", 9898, "Where the chat server listens")
local tables = {DissectorTable.get("tcp.port"), DissectorTable.get("tls.port")} -- in clear, and what TLS decrypts
local bound

local function bind(port)
  for _, ports in ipairs(tables) do
    if bound then
      ports:remove(bound, chat)
    end
    ports:add(port, chat)
  end
  bound = port
end

bind(chat.prefs.port)

function chat.prefs_changed()
  bind(chat.prefs.port)
end
