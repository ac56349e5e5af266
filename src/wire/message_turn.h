// One turn of the planner in Messages, and how it is written for the upstream again. For this folder.
#pragma once

#include <string>
#include <vector>

#include "wire/blocks.h"
#include "wire/dialect.h"

namespace weir::wire {

// A content block as the upstream sent it.
struct MessageBlock {
  BlockKind kind = BlockKind::text;
  std::string raw = {};   // the whole block's JSON
  std::string text = {};  // of a text block
  exchange::Call call = {};
  bool allowed = false;
  std::string why = {};
};

struct MessageTurn {
  std::vector<MessageBlock> blocks = {};

  bool any_call() const;
  bool denied_any() const;
  bool allowed_any() const;
  bool any_text() const;
};

// The assistant message; the blocks (comma separated) that tell of the denied calls.
std::string message_json(const MessageTurn& turn);
std::string denial_blocks_json(const MessageTurn& turn);
// The planner's message and the user message with the denials: what the next round's history ends with.
std::string denied_round_json(const MessageTurn& turn);

exchange::Message message_client_message(const std::vector<MessageTurn>& rounds);
Shadow message_shadow(const std::vector<MessageTurn>& rounds);
// What to say when nothing else reached the client; empty when something did.
std::string stopped_text(const std::vector<MessageTurn>& rounds);

// Whether a reply may hold a block of that type. `block` names what is in it besides.
Status check_reply_block(json::Value block, const std::string& where);
// What stands beside the blocks in a reply or an event must be nothing that could be a call.
Status check_beside(json::Value holder, std::string_view blocks, const std::string& where);

std::unique_ptr<Reply> make_message_stream(std::string body, const Options& options);
std::unique_ptr<Reply> make_message_whole(std::string body, const Options& options);

}  // namespace weir::wire
