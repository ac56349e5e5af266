// Messages: requests are written as they came; of a reply nothing denied leaves, in any step, and a client
// that puts its events together gets exactly the calls that were allowed, under indexes without a gap.
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
  auto request = wire::parse_request(
      Dialect::messages,
      std::string(R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":)") +
          (stream ? "true" : "false") + "}",
      {});
  expect(request.has_value());
  return std::move(*request);
}

std::string key_of(std::string_view id, std::string_view name, const std::string& input) {
  const auto document = json::parse(input);
  return std::string(id) + "\n" + std::string(name) + "\n" +
         (document ? json::canonical(document->root()) : input);
}

std::vector<std::string> read_whole(std::string_view out) {
  std::vector<std::string> calls;
  const auto document = json::parse(std::string(out));
  if (!document) return calls;
  for (const json::Value block : (*document)["content"].elements()) {
    if (block["type"].string_or("") == "tool_use")
      calls.push_back(
          key_of(block["id"].string_or(""), block["name"].string_or(""), std::string(block["input"].raw())));
  }
  return calls;
}

std::vector<std::string> read_stream(std::string_view out, bool whole) {
  struct Block {
    std::string id;
    std::string name;
    std::string input;
    std::string given;
    bool call = false;
  };
  std::vector<std::string> calls;
  std::map<int64_t, Block> open;
  int64_t next = 0;
  int starts = 0;
  wire::SseParser parser;
  std::vector<wire::SseEvent> events;
  expect(parser.feed(out, events).has_value());
  for (const wire::SseEvent& event : events) {
    const auto document = json::parse(event.data);
    if (!document) continue;
    const std::string_view type = (*document)["type"].string_or("");
    const int64_t index = (*document)["index"].integer().value_or(-1);
    if (type == "message_start") expect(++starts == 1);
    if (type == "content_block_start") {
      expect(index == next++);
      const json::Value block = (*document)["content_block"];
      open[index] = {std::string(block["id"].string_or("")),
                     std::string(block["name"].string_or("")),
                     {},
                     std::string(block["input"].raw()),
                     block["type"].string_or("") == "tool_use"};
    } else if (type == "content_block_delta") {
      expect(open.contains(index));
      open[index].input += (*document)["delta"]["partial_json"].string_or("");
    } else if (type == "content_block_stop") {
      expect(open.contains(index));
      const Block& block = open[index];
      if (block.call)
        calls.push_back(key_of(block.id, block.name, block.input.empty() ? block.given : block.input));
      open.erase(index);
    }
  }
  for (const auto& [index, block] : open) expect(!whole || !block.call);
  return calls;
}

void check_calls(const fuzz::Played& played, bool stream) {
  if (!stream && !played.whole) return expect(played.out.empty());
  const std::vector<std::string> calls =
      stream ? read_stream(played.out, played.whole) : read_whole(played.out);
  std::vector<std::string> allowed;
  for (size_t i = 0; i < played.calls.size(); ++i) {
    const exchange::Call& call = played.given[i];
    if (played.allowed[i]) allowed.push_back(key_of(call.id, call.name, call.arguments));
  }
  expect(calls.size() <= allowed.size());
  expect(std::equal(calls.begin(), calls.end(), allowed.begin()));
  if (played.whole) expect(calls.size() == allowed.size());
}

// Each text of a reply, one behind the other.
std::vector<std::string> texts_of(std::string_view bytes, bool stream) {
  std::vector<std::string> texts;
  if (!stream) {
    const auto document = json::parse(std::string(bytes));
    if (!document) return texts;
    for (const json::Value block : (*document)["content"].elements()) {
      if (block["type"].string_or("") == "text") texts.emplace_back(block["text"].string_or(""));
    }
    return texts;
  }
  wire::SseParser parser;
  std::vector<wire::SseEvent> events;
  expect(parser.feed(bytes, events).has_value());
  for (const wire::SseEvent& event : events) {
    const auto document = json::parse(event.data);
    if (!document) continue;
    const json::Value block = (*document)["content_block"];
    if (block["type"].string_or("") == "text") texts.emplace_back(block["text"].string_or(""));
    if ((*document)["type"].string_or("") == "content_block_delta")
      texts.emplace_back((*document)["delta"]["text"].string_or(""));
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
    std::string out = stream ? event("message_start", R"("message":{"id":"m","content":[]})") : "";
    const size_t count = choices_.pick(7);
    for (size_t index = 0; index < count; ++index) {
      const size_t kind = choices_.pick(5);
      out += stream ? streamed(index, kind) : (index == 0 ? "" : ",") + whole(kind);
      if (stream && choices_.pick(4) == 0) out += event("ping", R"("x":1)");
    }
    if (!stream)
      return R"({"id":"m","role":"assistant","content":[)" + out +
             R"(],"stop_reason":"tool_use","usage":{"output_tokens":2}})";
    return out + event("message_delta", R"("delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":2})") +
           event("message_stop", R"("x":1)");
  }

 private:
  // "Q3a_": the token of call 3 of round a.
  std::string token() { return "Q" + std::to_string(next_++) + round_ + "_"; }

  static std::string event(const std::string& type, const std::string& rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + rest + "}\n\n";
  }

  std::string streamed(size_t index, size_t kind) {
    const std::string at = R"("index":)" + std::to_string(index);
    const auto start = [&](const std::string& block) {
      return event("content_block_start", at + R"(,"content_block":)" + block);
    };
    const auto delta = [&](const std::string& said) {
      return event("content_block_delta", at + R"(,"delta":)" + said);
    };
    std::string out;
    if (kind == 0) {
      out = start(R"({"type":"text","text":""})") + delta(R"({"type":"text_delta","text":"some text"})");
    } else if (kind == 1) {
      out = start(R"({"type":"thinking","thinking":"","signature":""})") +
            delta(R"({"type":"thinking_delta","thinking":"hm"})") +
            delta(R"({"type":"signature_delta","signature":"c2ln"})");
    } else {
      const std::string t = token();
      out = start(R"({"type":"tool_use","id":")" + t + R"(id","name":")" + t + R"(name","input":{}})");
      // Arguments that are no JSON, in pieces, or none.
      if (kind == 2)
        out += delta(R"({"type":"input_json_delta","partial_json":"{\"a\":"})") +
               delta(R"({"type":"input_json_delta","partial_json":"\")" + t + R"(arg\"}"})");
      if (kind == 3) out += delta(R"({"type":"input_json_delta","partial_json":"{)" + t + R"(arg"})");
    }
    return out + event("content_block_stop", at);
  }

  std::string whole(size_t kind) {
    if (kind == 0) return R"({"type":"text","text":"some text"})";
    if (kind == 1) return R"({"type":"thinking","thinking":"hm","signature":"c2ln"})";
    const std::string t = token();
    return R"({"type":"tool_use","id":")" + t + R"(id","name":")" + t + R"(name","input":{"a":")" + t +
           R"(arg"}})";
  }

  fuzz::Choices& choices_;
  size_t next_ = 0;
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
      const std::string& name = played.calls[i].call.name;
      const std::string token = name.substr(0, name.find('_') + 1);
      expect(played.out.find(token + "arg") == std::string::npos);
      if (played.allowed[i]) continue;
      expect(played.out.find(token + "id") == std::string::npos);
      expect(played.out.find("\"" + name) == std::string::npos);
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
      fuzz::try_request(Dialect::messages, bytes.substr(7), choices);
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
