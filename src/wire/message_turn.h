// One turn of the planner in Messages, and how it is written for the upstream again. For this folder.
#pragma once

#include <string>
#include <vector>

#include "wire/blocks.h"
#include "wire/dialect.h"
#include "wire/reply.h"

namespace weir::wire {

// A content block as the upstream sent it.
struct MessageBlock {
  BlockKind kind = BlockKind::text;
  std::string raw = {};    // the whole block's JSON
  std::string text = {};   // of a text block
  std::string shown = {};  // and as the client gets it
  exchange::Call call = {};
  Verdict verdict = {};  // of a call; settled()

  bool is_call() const { return kind == BlockKind::call; }
  // The client does not get it: denied or answered.
  bool withheld() const { return is_call() && !verdict.allow; }
  // The client gets it as it is.
  bool untouched() const { return is_call() ? verdict.allow && !verdict.arguments : text == shown; }
  // The JSON that the client gets, unless it is withheld.
  std::string client_raw() const;
};

struct MessageTurn {
  std::vector<MessageBlock> blocks = {};

  bool any_call() const;
  bool withheld_any() const;
  bool allowed_any() const;
  bool any_text() const;  // for the client
  bool untouched() const;
};

// The assistant message as the planner wrote it; the blocks (comma separated) that tell of the calls that the
// client does not get.
std::string message_json(const MessageTurn& turn);
std::string result_blocks_json(const MessageTurn& turn);
// Both, the blocks in a user message: what the next round's history ends with.
std::string withheld_round_json(const MessageTurn& turn);

exchange::Message message_client_message(const std::vector<MessageTurn>& rounds);
// Nothing when the client has all as the planner wrote it.
std::optional<Shadow> message_shadow(const std::vector<MessageTurn>& rounds, bool keep_own);
// What to say when nothing else reached the client; empty when something did.
std::string stopped_text(const std::vector<MessageTurn>& rounds);

// Whether a reply may hold a block of that type. `block` names what is in it besides.
Status check_reply_block(json::Value block, const std::string& where);
// What stands beside the blocks in a reply or an event must be nothing that could be a call.
Status check_beside(json::Value holder, std::string_view blocks, const std::string& where);

std::unique_ptr<Reply> make_message_stream(std::string body, const Options& options);
std::unique_ptr<Reply> make_message_whole(std::string body, const Options& options);

}  // namespace weir::wire
