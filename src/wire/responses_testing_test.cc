// Reading Responses as a client's library does: by the events, and by the end that repeats them; both must
// say the same.
#include <map>

#include "wire/testing.h"

namespace weir::wire::testing {
namespace {

void read_item(json::Value item, Seen& seen) {
  const std::string_view type = item["type"].string_or("");
  for (const json::Value part : item["content"].elements()) {
    if (type == "message")
      seen.text += part[part["type"].string_or("") == "refusal" ? "refusal" : "text"].string_or("");
  }
  if (!type.ends_with("_call")) return;
  exchange::Call call{std::string(item["call_id"].string_or("")),
                      std::string(item["name"].string_or(type)),
                      {},
                      type != "custom_tool_call"};
  for (const std::string_view key : {"arguments", "input", "action", "operation"}) {
    if (item[key].exists())
      call.arguments = item[key].is_string() ? item[key].string_or("") : item[key].raw();
  }
  seen.calls.push_back(std::move(call));
}

// What came of an item in pieces.
struct Open {
  std::string id;
  std::string type;
  std::string pieces;
  std::string last;
  std::map<int64_t, std::string> texts;
};

class Reader {
 public:
  explicit Reader(Seen& seen) : seen_(seen) {}

  void read(const SseEvent& event) {
    const auto document = json::parse(event.data);
    if (!document) return problem("not JSON: " + event.data);
    const json::Value root = document->root();
    const std::string type(root["type"].string_or(""));
    if (type != event.name) problem("an event's name is not its type");
    if (seen_.ended) problem("an event after the end");
    if (const auto number = root["sequence_number"].integer(); number && *number != next_number_++)
      problem("a number out of order");
    const int64_t index = root["output_index"].integer().value_or(-1);
    if (type == "response.created") {
      if (!seen_.id.empty()) problem("two starts");
      seen_.id = root["response"]["id"].string_or("");
    } else if (type == "response.output_item.added") {
      if (index != next_index_++) problem("index of a start");
      open_[index] = {std::string(root["item"]["id"].string_or("")),
                      std::string(root["item"]["type"].string_or("")),
                      {},
                      {},
                      {}};
      open_[index].pieces = root["item"]["arguments"].string_or(root["item"]["input"].string_or(""));
    } else if (type == "response.output_item.done") {
      done(index, root["item"]);
    } else if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
      end(root["response"]);
    } else if (index >= 0) {
      piece(index, type, root);
    }
  }

 private:
  void problem(std::string what) { seen_.problem = std::move(what); }

  void piece(int64_t index, const std::string& type, json::Value root) {
    if (!open_.contains(index)) return problem("index of " + type);
    Open& open = open_[index];
    if (root["item_id"].string_or("") != open.id) problem("id of " + type);
    if (type.find("reasoning") != std::string::npos) return;
    if (type.ends_with("call_arguments.delta") || type.ends_with("call_input.delta"))
      open.pieces += root["delta"].string_or("");
    if (type.ends_with("call_arguments.done") || type.ends_with("call_input.done")) {
      const std::string_view all = root["arguments"].string_or(root["input"].string_or(""));
      if (all != open.pieces) problem("pieces of a call");
    }
    std::string& text = open.texts[root["content_index"].integer().value_or(0)];
    if (type.ends_with("output_text.delta") || type.ends_with("refusal.delta"))
      text += root["delta"].string_or("");
    if (type.ends_with("output_text.done") || type.ends_with("refusal.done")) {
      if (root["text"].string_or(root["refusal"].string_or("")) != text) problem("pieces of a text");
    }
    if (type == "response.content_part.done" &&
        root["part"]["text"].string_or(root["part"]["refusal"].string_or("")) != text)
      problem("a part is not its text");
  }

  void done(int64_t index, json::Value item) {
    if (!open_.contains(index)) return problem("index of an item's end");
    Open& open = open_[index];
    const std::string_view arguments = item["arguments"].string_or(item["input"].string_or(""));
    if (arguments != open.pieces) problem("a call is not its pieces");
    int64_t part = 0;
    for (const json::Value each : item["content"].elements()) {
      if (open.type == "message" &&
          each["text"].string_or(each["refusal"].string_or("")) != open.texts[part++])
        problem("an item is not its text");
    }
    items_ += (items_.empty() ? "" : ",") + std::string(item.raw());
    read_item(item, seen_);
    open_.erase(index);
  }

  void end(json::Value response) {
    if (!open_.empty()) problem("the response ends within an item");
    seen_.reason = response["status"].string_or("");
    seen_.output_tokens = response["usage"]["output_tokens"].integer().value_or(0);
    if (response["id"].string_or("") != seen_.id) problem("the end has another id");
    seen_.message = items_;
    seen_.ended = true;
    Seen again;
    for (const json::Value item : response["output"].elements()) read_item(item, again);
    if (again.text != seen_.text || again.calls.size() != seen_.calls.size())
      return problem("the end says something else");
    for (size_t i = 0; i < again.calls.size(); ++i) {
      if (exchange::part_digest(again.calls[i]) != exchange::part_digest(seen_.calls[i]))
        problem("the end says something else of a call");
    }
  }

  Seen& seen_;
  std::map<int64_t, Open> open_;
  std::string items_;
  int64_t next_number_ = 0;
  int64_t next_index_ = 0;
};

}  // namespace

Seen read_responses_stream(std::string_view bytes) {
  Seen seen;
  SseParser parser;
  std::vector<SseEvent> events;
  if (!parser.feed(bytes, events)) seen.problem = "not an event stream";
  if (!parser.rest().empty()) seen.problem = "an event without its end";
  Reader reader(seen);
  for (const SseEvent& event : events) {
    if (event.has_data) reader.read(event);
  }
  return seen;
}

Seen read_responses_whole(std::string_view bytes) {
  Seen seen;
  const auto document = json::parse(std::string(bytes));
  if (!document) {
    seen.problem = "not JSON";
    return seen;
  }
  seen.id = (*document)["id"].string_or("");
  seen.reason = (*document)["status"].string_or("");
  seen.output_tokens = (*document)["usage"]["output_tokens"].integer().value_or(0);
  for (const json::Value item : (*document)["output"].elements()) {
    read_item(item, seen);
    seen.message += (seen.message.empty() ? "" : ",") + std::string(item.raw());
  }
  seen.ended = true;
  return seen;
}

}  // namespace weir::wire::testing
