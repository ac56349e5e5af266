// Items of the Responses dialect, as requests and replies share them. For the files of this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/dialect.h"
#include "wire/splice.h"

namespace weir::wire {

enum class ItemKind : uint8_t {
  message,
  reasoning,
  call,        // that the client runs: function, custom, shell, local shell, patch, computer, tool search
  result,      // of such a call
  compaction,  // an earlier part of the conversation, which only the provider can read
  hosted,      // what the provider ran, asked to run or listed
  tools,       // additional_tools, or found by the client: more tools, as an item
  trigger,     // compaction_trigger: asks for a compaction
  approval,    // mcp_approval_response: lets the provider run something
  reference,   // item_reference: something that the provider keeps
  unknown,
};
ItemKind item_kind(json::Value item);
// "message" where an item without a type has a role.
std::string_view item_type(json::Value item);
// The planner made it, so it is part of its turn; the others end one.
bool is_planners(json::Value item);

// The name that a tool has in the exchange: of one in a namespace both names, joined as `mcp__server__tool`
// where the namespace has "__" in it, else with a dot, which no function's name has.
std::string tool_name(std::string_view name_space, std::string_view name);

// The call of an item of kind call. A call whose shape the API prescribes has that shape as its JSON
// arguments: shell and local_shell their `action`, apply_patch its `operation`, computer its `action` and
// `actions`.
Result<exchange::Call> read_call(json::Value item, const std::string& where);
// The item with other arguments (JSON text of an object, or a custom tool's free text). What does not have
// the prescribed shape is put into it as its one text.
void write_arguments(json::Value item, const std::string& arguments, Splices& splices);

// The result that an item of kind result is.
Status read_result(json::Value item, const std::string& where, const Options& options,
                   exchange::Result& result);
// The item with `text` as all that came back.
void write_result(json::Value item, const std::string& text, Splices& splices);
// Items, comma separated, that answer a call in weir's name.
std::string result_item(json::Value call, const std::string& text, bool failed);

// The parts of a planner's item; `places`, where given, gets one place for each.
Status read_planner_item(json::Value item, const std::string& where, const Options& options,
                         std::vector<exchange::Part>& parts, std::vector<PartPlace>* places = nullptr);
// The parts of a message's content.
Status read_item_content(json::Value content, const std::string& where, const Options& options,
                         std::vector<exchange::Part>& parts, std::vector<PartPlace>* places = nullptr);

// A message of the planner's, or of weir in the operator's place ("developer").
std::string message_item(std::string_view role, std::string_view text);

}  // namespace weir::wire
