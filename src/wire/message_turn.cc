#include "wire/message_turn.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/chat_turn.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

bool MessageTurn::any_call() const {
  return std::any_of(blocks.begin(), blocks.end(),
                     [](const MessageBlock& block) { return block.kind == BlockKind::call; });
}

bool MessageTurn::denied_any() const {
  return std::any_of(blocks.begin(), blocks.end(), [](const MessageBlock& block) {
    return block.kind == BlockKind::call && !block.allowed;
  });
}

bool MessageTurn::allowed_any() const {
  return std::any_of(blocks.begin(), blocks.end(), [](const MessageBlock& block) {
    return block.kind == BlockKind::call && block.allowed;
  });
}

bool MessageTurn::any_text() const {
  return std::any_of(blocks.begin(), blocks.end(), [](const MessageBlock& block) {
    return block.kind == BlockKind::text && !block.text.empty();
  });
}

std::string message_json(const MessageTurn& turn) {
  json::Writer writer;
  writer.begin_object().field("role", "assistant").key("content").begin_array();
  for (const MessageBlock& block : turn.blocks) {
    // The API refuses text blocks without text in a request although it may send them.
    if (block.kind == BlockKind::text && blank(block.text)) continue;
    writer.raw(block.raw);
  }
  return writer.end_array().end_object().take();
}

std::string denial_blocks_json(const MessageTurn& turn) {
  std::string all;
  for (const MessageBlock& block : turn.blocks) {
    if (block.kind != BlockKind::call || block.allowed) continue;
    json::Writer writer;
    writer.begin_object()
        .field("type", "tool_result")
        .field("tool_use_id", block.call.id)
        .key("is_error")
        .boolean(true);
    writer.field("content", block.why).end_object();
    all += (all.empty() ? "" : ",") + writer.text();
  }
  return all;
}

std::string denied_round_json(const MessageTurn& turn) {
  return fmt::format(R"({},{{"role":"user","content":[{}]}})", message_json(turn), denial_blocks_json(turn));
}

exchange::Message message_client_message(const std::vector<MessageTurn>& rounds) {
  exchange::Message message{exchange::Role::planner, {}, {}};
  for (const MessageTurn& turn : rounds) {
    for (const MessageBlock& block : turn.blocks) {
      if (block.kind == BlockKind::call) {
        if (block.allowed) message.parts.emplace_back(block.call);
        continue;
      }
      // Read as the client's next request will be, so that both give the same digest.
      const auto content = json::parse("[" + block.raw + "]");
      if (content) (void)read_content(content->root(), "", {.unknown_items_untrusted = true}, message.parts);
    }
  }
  if (const std::string said = stopped_text(rounds); !said.empty())
    message.parts.emplace_back(exchange::Text{said});
  return message;
}

Shadow message_shadow(const std::vector<MessageTurn>& rounds) {
  Shadow shadow;
  for (size_t i = 0; i < rounds.size(); ++i) {
    const bool last = i + 1 == rounds.size();
    // A round that said nothing at all: the upstream would refuse an empty message.
    if (i > 0 && std::all_of(rounds[i].blocks.begin(), rounds[i].blocks.end(), [](const MessageBlock& block) {
          return block.kind == BlockKind::text && blank(block.text);
        }))
      continue;
    if (i > 0) shadow.replacement += ",";
    if (!rounds[i].denied_any()) {
      shadow.replacement += message_json(rounds[i]);
    } else if (!last) {
      shadow.replacement += denied_round_json(rounds[i]);
    } else {
      // The client's next message is the user's: results of the calls it ran, or the user's words.
      shadow.replacement += message_json(rounds[i]);
      shadow.prepend_blocks = denial_blocks_json(rounds[i]);
    }
  }
  return shadow;
}

Status check_reply_block(json::Value block, const std::string& where) {
  const std::string_view type = block["type"].string_or("");
  const BlockKind kind = block_kind(type);
  if (kind == BlockKind::hosted) return hosted_tool(fmt::format("the block \"{}\"", type), where);
  const bool known = kind == BlockKind::text || kind == BlockKind::thinking || kind == BlockKind::call ||
                     type == "compaction" || type == "fallback";
  if (!known) return unknown_item("content block", type, where + "/type");
  if (kind != BlockKind::call) return check_beside(block, "", where);
  if (!block["toolset_name"].string_or("").empty())
    return unknown_item("toolset", block["toolset_name"].string_or(""), where + "/toolset_name");
  return {};
}

Status check_beside(json::Value holder, std::string_view blocks, const std::string& where) {
  for (const json::Member& member : holder.members()) {
    if (member.key != blocks && carries_calls(member))
      return unknown_item("member", member.key, where + "/" + json::pointer_token(member.key));
  }
  return {};
}

std::string stopped_text(const std::vector<MessageTurn>& rounds) {
  std::vector<std::string_view> names;
  for (const MessageTurn& turn : rounds) {
    if (turn.any_text() || turn.allowed_any()) return {};
    for (const MessageBlock& block : turn.blocks) {
      if (block.kind == BlockKind::call) names.push_back(block.call.name);
    }
  }
  return stopped_sentence(names);
}

}  // namespace weir::wire
