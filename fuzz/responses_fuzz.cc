// Responses: requests are written as they came; of a reply nothing denied leaves, in any step, and a client
// that puts its events together, or takes the items that are done, or the end that repeats them, gets exactly
// the calls that were allowed, under indexes without a gap.
//
// The first byte says what the rest is: a request, an upstream's bytes, or choices that a reply is made from.
#include <map>

#include "base/json.h"
#include "wire/sse.h"
#include "wire_fuzz.h"

namespace {

using namespace weir;
using exchange::Dialect;
using fuzz::expect;

wire::ParsedRequest request_of(bool stream) {
  auto request =
      wire::parse_request(Dialect::responses,
                          std::string(R"({"model":"m","input":[{"role":"user","content":"hi"}],"stream":)") +
                              (stream ? "true" : "false") + "}",
                          {});
  expect(request.has_value());
  return std::move(*request);
}

std::string key_of(std::string_view id, const std::string& arguments) {
  const auto document = json::parse(arguments);
  return std::string(id) + "\n" + (document ? json::canonical(document->root()) : arguments);
}

// A call's arguments as clients find them; nothing for what is no call.
std::optional<std::string> arguments_of(json::Value item) {
  const std::string_view type = item["type"].string_or("");
  if (type == "function_call") return std::string(item["arguments"].string_or(""));
  if (type == "custom_tool_call") return std::string(item["input"].string_or(""));
  if (type == "shell_call" || type == "local_shell_call") {
    // What does not have the shape is put into it.
    for (const json::Value command : item["action"]["commands"].elements()) {
      if (command.string_or("") == R"({"given":1})") return R"({"given":1})";
    }
    return std::string(item["action"].raw());
  }
  if (type == "apply_patch_call") return std::string(item["operation"].raw());
  return std::nullopt;
}

std::vector<std::string> calls_in(json::Value items) {
  std::vector<std::string> calls;
  for (const json::Value item : items.elements()) {
    if (const auto arguments = arguments_of(item))
      calls.push_back(key_of(item["call_id"].string_or(""), *arguments));
  }
  return calls;
}

std::vector<std::string> read_whole(std::string_view out) {
  const auto document = json::parse(std::string(out));
  return document ? calls_in((*document)["output"]) : std::vector<std::string>();
}

std::vector<std::string> read_stream(std::string_view out, bool whole) {
  struct Item {
    std::string begun;
    std::string pieces;
    bool call = false;
  };
  std::vector<std::string> calls;
  std::map<int64_t, Item> open;
  int64_t next = 0;
  wire::SseParser parser;
  std::vector<wire::SseEvent> events;
  expect(parser.feed(out, events).has_value());
  for (const wire::SseEvent& event : events) {
    const auto document = json::parse(event.data);
    if (!document) continue;
    const json::Value root = document->root();
    const std::string_view type = root["type"].string_or("");
    const auto index = root["output_index"].integer();
    const json::Value item = root["item"];
    const auto arguments = arguments_of(item);
    if (type == "response.output_item.added" && index) {
      expect(*index == next++);
      open[*index] = {arguments.value_or(""), {}, arguments.has_value()};
    } else if (type == "response.output_item.done") {
      if (arguments) calls.push_back(key_of(item["call_id"].string_or(""), *arguments));
      if (!index || !open.contains(*index)) continue;
      const Item& begun = open[*index];
      expect(begun.call == arguments.has_value());
      const std::string_view kind = item["type"].string_or("");
      if (kind == "function_call" || kind == "custom_tool_call")
        expect(begun.begun + begun.pieces == *arguments);
      open.erase(*index);
    } else if (type.ends_with("_arguments.delta") || type.ends_with("_input.delta")) {
      if (index) open[*index].pieces += root["delta"].string_or("");
    } else if (type == "response.completed" && root["response"]["output"].size() > 0) {
      expect(calls_in(root["response"]["output"]) == calls);
    }
  }
  for (const auto& [index, item] : open) expect(!whole || !item.call);
  return calls;
}

void check_calls(const fuzz::Played& played, bool stream) {
  if (!stream && !played.whole) return expect(played.out.empty());
  const std::vector<std::string> calls =
      stream ? read_stream(played.out, played.whole) : read_whole(played.out);
  std::vector<std::string> allowed;
  for (size_t i = 0; i < played.calls.size(); ++i) {
    const exchange::Call& call = played.given[i];
    if (played.allowed[i]) allowed.push_back(key_of(call.id, call.arguments));
  }
  expect(calls.size() <= allowed.size());
  expect(std::equal(calls.begin(), calls.end(), allowed.begin()));
  if (played.whole) expect(calls.size() == allowed.size());
}

// Each text of a reply, one behind the other, once for each time that it is said.
std::vector<std::string> texts_of(std::string_view bytes, bool stream) {
  std::vector<std::string> texts;
  const auto read = [&texts](json::Value item) {
    if (item["type"].string_or("") != "message") return;
    for (const json::Value part : item["content"].elements())
      texts.emplace_back(part["text"].string_or(part["refusal"].string_or("")));
  };
  if (!stream) {
    const auto document = json::parse(std::string(bytes));
    if (!document) return texts;
    for (const json::Value item : (*document)["output"].elements()) read(item);
    return texts;
  }
  wire::SseParser parser;
  std::vector<wire::SseEvent> events;
  expect(parser.feed(bytes, events).has_value());
  for (const wire::SseEvent& event : events) {
    const auto document = json::parse(event.data);
    if (!document) continue;
    const json::Value root = document->root();
    const std::string_view type = root["type"].string_or("");
    if (type == "response.output_text.delta" || type == "response.refusal.delta")
      texts.emplace_back(root["delta"].string_or(""));
    if (type == "response.output_text.done") texts.emplace_back(root["text"].string_or(""));
    if (type.starts_with("response.output_item.")) read(root["item"]);
    for (const json::Value item : root["response"]["output"].elements()) read(item);
  }
  return texts;
}

void expect_filtered(const fuzz::Played& played, bool stream) {
  for (const std::string& text : texts_of(played.out, stream)) fuzz::expect_capitals(text);
}

// All that the planner said.
std::string said(std::string_view bytes, bool stream) {
  std::string all;
  for (const std::string& text : texts_of(bytes, stream)) {
    if (!text.starts_with("(weir stopped")) all += text;
  }
  return all;
}

// An upstream's bytes as they are.
void try_bytes(std::string_view bytes, fuzz::Choices& choices) {
  const bool stream = choices.chance();
  const wire::ParsedRequest request = request_of(stream);
  const bool all = choices.chance();
  const auto judge = [&](const exchange::Call&) { return all && choices.chance(); };
  const bool filter = choices.chance();
  const wire::Options options{.text_filters = filter ? fuzz::capitals() : wire::TextFilters()};
  const fuzz::Played played = fuzz::play(request, options, bytes, choices.chance() ? bytes : "", choices,
                                         judge, [](const fuzz::Played&) {});
  check_calls(played, stream);
  if (filter) expect_filtered(played, stream);
}

// A made reply, whose calls say what they are in everything they hold.
class Maker {
 public:
  explicit Maker(fuzz::Choices& choices) : choices_(choices) {}

  std::string make(char round, bool stream) {
    round_ = round;
    number_ = 0;
    std::string out = stream ? event("response.created", R"("response":{"id":"r","output":[]})") : "";
    std::string output;
    const size_t count = choices_.pick(7);
    for (size_t index = 0; index < count; ++index) {
      const size_t kind = choices_.pick(6);
      const std::string item = item_of(kind);
      output += (output.empty() ? "" : ",") + item;
      if (stream) out += streamed(index, kind, item);
      if (stream && choices_.pick(4) == 0) out += ": nothing\n\n";
    }
    const std::string response = R"({"id":"r","status":"completed","output":[)" + output +
                                 R"(],"usage":{"output_tokens":2,"total_tokens":3}})";
    return stream ? out + event("response.completed", "\"response\":" + response) : response;
  }

 private:
  std::string event(const std::string& type, const std::string& rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + R"(","sequence_number":)" +
           std::to_string(number_++) + "," + rest + "}\n\n";
  }

  std::string item_of(size_t kind) {
    if (kind == 0)
      return R"({"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"some text","annotations":[]}]})";
    if (kind == 1) return R"({"type":"reasoning","id":"rs","summary":[],"encrypted_content":"c2ln"})";
    // "Q3a_": the token of call 3 of round a.
    const std::string t = "Q" + std::to_string(next_++) + round_ + "_";
    const std::string head = R"("id":")" + t + R"(item","call_id":")" + t + R"(id",)";
    if (kind == 2) return R"({"type":"shell_call",)" + head + R"("action":{"commands":[")" + t + R"(arg"]}})";
    if (kind == 3)
      return R"({"type":"custom_tool_call",)" + head + R"("name":")" + t + R"(name","input":")" + t +
             R"(arg"})";
    // Arguments that are no JSON, or are.
    const std::string arguments = kind == 4 ? "{" + t + "arg" : R"({\"a\":\")" + t + R"(arg\"})";
    return R"({"type":"function_call",)" + head + R"("name":")" + t + R"(name","arguments":")" + arguments +
           "\"}";
  }

  std::string streamed(size_t index, size_t kind, const std::string& item) {
    const std::string at = R"("output_index":)" + std::to_string(index);
    const auto document = json::parse(item);
    const std::string id = R"(,"item_id":)" + json::quote((*document)["id"].string_or(""));
    std::string begun = item;
    const std::string key = kind == 3 ? "input" : "arguments";
    if (kind == 0) begun = R"({"type":"message","id":"m","role":"assistant","content":[]})";
    if (kind >= 3) begun = item.substr(0, (*document)[key].offset()) + "\"\"}";
    std::string out = event("response.output_item.added", at + ",\"item\":" + begun);
    if (kind == 0) {
      for (const std::string piece : {"some", " text"})
        out +=
            event("response.output_text.delta", at + id + R"(,"content_index":0,"delta":")" + piece + "\"");
      out += event("response.output_text.done", at + id + R"(,"content_index":0,"text":"some text")");
    }
    if (kind >= 3) {
      const std::string name =
          kind == 3 ? "response.custom_tool_call_input" : "response.function_call_arguments";
      const std::string all((*document)[key].string_or(""));
      const size_t half = choices_.pick(all.size() + 1);
      for (const std::string& piece : {all.substr(0, half), all.substr(half)})
        out += event(name + ".delta", at + id + R"(,"delta":)" + json::quote(piece));
      out += event(name + ".done", at + id + ",\"" + key + "\":" + json::quote(all));
    }
    return out + event("response.output_item.done", at + ",\"item\":" + item);
  }

  fuzz::Choices& choices_;
  size_t next_ = 0;
  size_t number_ = 0;
  char round_ = 'a';
};

void try_made(fuzz::Choices& choices) {
  const bool stream = choices.chance();
  const wire::ParsedRequest request = request_of(stream);
  Maker maker(choices);
  const std::string bytes = maker.make('a', stream);
  const std::string again = maker.make('b', stream);
  const size_t denied = choices.pick(4);
  const auto judge = [&](const exchange::Call&) { return denied != 3 && choices.pick(4) >= denied; };
  const auto check = [](const fuzz::Played& played) {
    for (size_t i = 0; i < played.calls.size(); ++i) {
      if (played.allowed[i] && !played.rewritten[i]) continue;
      // Its name may be in what weir itself says.
      const std::string& id = played.calls[i].call.id;
      const std::string token = id.substr(0, id.find('_') + 1);
      expect(played.out.find(token + "arg") == std::string::npos);
      if (played.allowed[i]) continue;
      expect(played.out.find(token + "id") == std::string::npos);
      expect(played.out.find(token + "item") == std::string::npos);
    }
  };
  const bool filter = choices.chance();
  const wire::Options options{.text_filters = filter ? fuzz::capitals() : wire::TextFilters()};
  const fuzz::Played played = fuzz::play(request, options, bytes, again, choices, judge, check);
  expect(played.whole && played.messages.size() == 1);
  check_calls(played, stream);
  if (filter) {
    expect_filtered(played, stream);
    if (played.one_round) expect(said(played.out, stream) == fuzz::Capitals::of(said(bytes, stream)));
  }
  const bool any =
      filter || std::find(played.allowed.begin(), played.allowed.end(), false) != played.allowed.end() ||
      std::find(played.rewritten.begin(), played.rewritten.end(), true) != played.rewritten.end();
  if (!any) expect(played.out == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::Choices choices(bytes.substr(1, 6));
  switch (bytes[0] % 3) {
    case 0:
      fuzz::try_request(Dialect::responses, bytes.substr(7), choices);
      break;
    case 1:
      try_bytes(bytes.substr(7), choices);
      break;
    default: {
      fuzz::Choices more(bytes.substr(1));
      try_made(more);
      break;
    }
  }
  return 0;
}
