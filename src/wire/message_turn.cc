#include "wire/message_turn.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/chat_turn.h"
#include "wire/request.h"
#include "wire/splice.h"

namespace weir::wire {
namespace {

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::string MessageBlock::client_raw() const {
  if (untouched()) return raw;
  const auto document = json::parse(raw);
  if (!document) return raw;
  const json::Value root = document->root();
  Splices splices;
  if (is_call()) {
    splices.replace(root["input"], *verdict.arguments);
  } else if (root["text"].exists()) {
    splices.replace(root["text"], json::quote(shown));
    // They are of what the planner wrote.
    splices.remove_members(root, [](std::string_view key) { return key == "citations"; });
  }
  return splices.apply(raw);
}

bool MessageTurn::any_call() const {
  return std::any_of(blocks.begin(), blocks.end(), [](const MessageBlock& block) { return block.is_call(); });
}

bool MessageTurn::withheld_any() const {
  return std::any_of(blocks.begin(), blocks.end(),
                     [](const MessageBlock& block) { return block.withheld(); });
}

bool MessageTurn::allowed_any() const {
  return std::any_of(blocks.begin(), blocks.end(),
                     [](const MessageBlock& block) { return block.is_call() && block.verdict.allow; });
}

bool MessageTurn::any_text() const {
  return std::any_of(blocks.begin(), blocks.end(), [](const MessageBlock& block) {
    return block.kind == BlockKind::text && !block.shown.empty();
  });
}

bool MessageTurn::untouched() const {
  return std::all_of(blocks.begin(), blocks.end(),
                     [](const MessageBlock& block) { return block.untouched(); });
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

std::string result_blocks_json(const MessageTurn& turn) {
  std::string all;
  for (const MessageBlock& block : turn.blocks) {
    if (!block.withheld()) continue;
    json::Writer writer;
    writer.begin_object().field("type", "tool_result").field("tool_use_id", block.call.id);
    if (!block.verdict.answered) writer.key("is_error").boolean(true);
    writer.field("content", block.verdict.why).end_object();
    all += (all.empty() ? "" : ",") + writer.text();
  }
  return all;
}

std::string withheld_round_json(const MessageTurn& turn) {
  return fmt::format(R"({},{{"role":"user","content":[{}]}})", message_json(turn), result_blocks_json(turn));
}

exchange::Message message_client_message(const std::vector<MessageTurn>& rounds) {
  exchange::Message message{exchange::Role::planner, {}, {}};
  for (const MessageTurn& turn : rounds) {
    for (const MessageBlock& block : turn.blocks) {
      if (block.is_call()) {
        if (block.withheld()) continue;
        exchange::Call given = block.call;
        if (block.verdict.arguments) given.arguments = *block.verdict.arguments;
        message.parts.emplace_back(std::move(given));
        continue;
      }
      // Read as the client's next request will be, so that both give the same digest.
      const auto content = json::parse("[" + block.client_raw() + "]");
      if (content) (void)read_content(content->root(), "", {.unknown_items_untrusted = true}, message.parts);
    }
  }
  if (const std::string said = stopped_text(rounds); !said.empty())
    message.parts.emplace_back(exchange::Text{said});
  return message;
}

std::optional<Shadow> message_shadow(const std::vector<MessageTurn>& rounds, bool keep_own) {
  if (!keep_own &&
      std::all_of(rounds.begin(), rounds.end(), [](const MessageTurn& turn) { return turn.untouched(); }))
    return std::nullopt;
  Shadow shadow;
  for (size_t i = 0; i < rounds.size(); ++i) {
    const bool last = i + 1 == rounds.size();
    // A round that said nothing at all: the upstream would refuse an empty message.
    if (i > 0 && std::all_of(rounds[i].blocks.begin(), rounds[i].blocks.end(), [](const MessageBlock& block) {
          return block.kind == BlockKind::text && blank(block.text);
        }))
      continue;
    if (i > 0) shadow.replacement += ",";
    if (!rounds[i].withheld_any()) {
      shadow.replacement += message_json(rounds[i]);
    } else if (!last) {
      shadow.replacement += withheld_round_json(rounds[i]);
    } else {
      // The client's next message is the user's: results of the calls it ran, or the user's words.
      shadow.replacement += message_json(rounds[i]);
      shadow.prepend_blocks = result_blocks_json(rounds[i]);
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
      if (block.is_call() && !block.verdict.answered) names.push_back(block.call.name);
    }
  }
  return stopped_sentence(names);
}

}  // namespace weir::wire
