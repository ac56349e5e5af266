#include "wire/message_turn.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::wire {

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
    // The API refuses empty text blocks in a request although it may send them.
    if (block.kind == BlockKind::text && block.text.empty()) continue;
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
      if (block.kind == BlockKind::text && !block.text.empty())
        message.parts.emplace_back(exchange::Text{block.text});
      if (block.kind == BlockKind::call && block.allowed) message.parts.emplace_back(block.call);
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

std::string stopped_text(const std::vector<MessageTurn>& rounds) {
  std::string tools;
  for (const MessageTurn& turn : rounds) {
    if (turn.any_text() || turn.allowed_any()) return {};
    for (const MessageBlock& block : turn.blocks) {
      if (block.kind == BlockKind::call) tools += (tools.empty() ? "" : ", ") + shown(block.call.name, 60);
    }
  }
  return tools.empty()
             ? std::string()
             : fmt::format("(weir stopped what the model wanted to do: {}. See `weir log`.)", tools);
}

}  // namespace weir::wire
