// Chat Completions: requests are written as they came; of a reply nothing denied leaves, in any step, and two
// ways of putting its fragments together, as clients do it, give exactly the calls that were allowed.
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

wire::ParsedRequest request_of(bool stream, int n) {
  auto request = wire::parse_request(
      Dialect::chat_completions,
      std::string(R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":)") +
          (stream ? "true" : "false") + R"(,"n":)" + std::to_string(n) + "}",
      {});
  expect(request.has_value());
  return std::move(*request);
}

struct Read {
  std::string id;
  std::string name;
  std::string arguments;
};
using Reads = std::map<int64_t, std::map<int64_t, Read>>;  // choice, place

// `first_only`: a name and an id are what the first fragment says; else fragments are joined.
void read_call(json::Value wire, bool first_only, Read& call) {
  const json::Value body = wire["custom"].is_object() ? wire["custom"] : wire["function"];
  const auto set = [&](std::string& to, json::Value piece) {
    if (!first_only || to.empty()) to += piece.string_or("");
  };
  set(call.id, wire["id"]);
  set(call.name, body["name"]);
  const json::Value arguments = body["input"].exists() ? body["input"] : body["arguments"];
  call.arguments += arguments.is_object() ? arguments.raw() : arguments.string_or("");
}

Reads read_calls(std::string_view out, bool stream, bool first_only) {
  Reads calls;
  const auto read = [&](json::Value root) {
    int64_t place = 0;
    for (const json::Value choice : root["choices"].elements()) {
      const int64_t index = stream ? choice["index"].integer().value_or(0) : place++;
      const json::Value holder = choice[stream ? "delta" : "message"];
      int64_t at = 0;
      for (const json::Value call : holder["tool_calls"].elements())
        read_call(call, first_only, calls[index][stream ? call["index"].integer().value_or(at++) : at++]);
      if (const json::Value legacy = holder["function_call"]; legacy.is_object()) {
        Read& call = calls[index][1000];
        if (!first_only || call.name.empty()) call.name += legacy["name"].string_or("");
        call.id = call.name;
        const json::Value arguments = legacy["arguments"];
        call.arguments += arguments.is_object() ? arguments.raw() : arguments.string_or("");
      }
    }
  };
  if (!stream) {
    const auto document = json::parse(std::string(out));
    if (document) read(document->root());
    return calls;
  }
  wire::SseParser parser;
  std::vector<wire::SseEvent> events;
  expect(parser.feed(out, events).has_value());
  for (const wire::SseEvent& event : events) {
    const auto document = json::parse(event.data);
    if (document) read(document->root());
  }
  return calls;
}

void check_calls(const fuzz::Played& played, bool stream) {
  for (const bool first_only : {false, true}) {
    Reads calls = read_calls(played.out, stream, first_only);
    std::map<int64_t, std::vector<const exchange::Call*>> allowed;
    for (size_t i = 0; i < played.calls.size(); ++i) {
      if (played.allowed[i]) allowed[played.calls[i].choice].push_back(&played.given[i]);
    }
    for (const auto& [choice, reads] : calls) {
      const auto& expected = allowed[choice];
      expect(reads.size() <= expected.size());
      if (!played.whole) continue;
      expect(reads.size() == expected.size());
      // A legacy call stands beside the list, whatever its place was.
      std::vector<const exchange::Call*> rest = expected;
      for (const auto& [place, read] : reads) {
        const auto found = std::find_if(rest.begin(), rest.end(), [&read = read](const exchange::Call* call) {
          return call->name == read.name && call->arguments == read.arguments && call->id == read.id;
        });
        expect(found != rest.end());
        rest.erase(found);
      }
    }
    if (!played.whole) continue;
    for (const auto& [choice, expected] : allowed) expect(calls[choice].size() == expected.size());
  }
}

// Each text of a reply by its choice.
std::map<int64_t, std::vector<std::string>> texts_of(std::string_view bytes, bool stream) {
  std::map<int64_t, std::vector<std::string>> all;
  const auto read = [&](json::Value root) {
    int64_t place = 0;
    for (const json::Value choice : root["choices"].elements()) {
      auto& texts = all[stream ? choice["index"].integer().value_or(0) : place++];
      const json::Value holder = choice[stream ? "delta" : "message"];
      texts.emplace_back(holder["content"].string_or(""));
      for (const json::Value part : holder["content"].elements()) {
        for (const std::string_view type : {"text", "refusal"}) {
          if (part["type"].string_or("") == type) texts.emplace_back(part[type].string_or(""));
        }
      }
      texts.emplace_back(holder["refusal"].string_or(""));
    }
  };
  wire::SseParser parser;
  std::vector<wire::SseEvent> events;
  if (stream) {
    expect(parser.feed(bytes, events).has_value());
  } else {
    events.push_back({.data = std::string(bytes)});
  }
  for (const wire::SseEvent& event : events) {
    const auto document = json::parse(event.data);
    if (document) read(document->root());
  }
  return all;
}

void expect_filtered(const fuzz::Played& played, bool stream) {
  for (const auto& [choice, texts] : texts_of(played.out, stream)) {
    for (const std::string& text : texts) fuzz::expect_capitals(text);
  }
}

// All that the planner said, choice by choice.
std::string said(std::string_view bytes, bool stream) {
  std::string all;
  for (const auto& [choice, texts] : texts_of(bytes, stream)) {
    for (const std::string& text : texts) {
      if (!text.starts_with("(weir stopped")) all += text;
    }
    all += '|';
  }
  return all;
}

// An upstream's bytes as they are.
void try_bytes(std::string_view bytes, fuzz::Choices& choices) {
  const bool stream = choices.chance();
  const wire::ParsedRequest request = request_of(stream, choices.chance() ? 2 : 1);
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
  Maker(fuzz::Choices& choices, bool stream, int n) : choices_(choices), stream_(stream), n_(n) {}

  std::string make(char round) {
    round_ = round;
    return stream_ ? streamed() : whole();
  }
  // Text does not wait for calls, nor one choice for the other, so only without these do the very bytes pass.
  bool exact() const { return exact_ && (n_ == 1 || !stream_); }

 private:
  // "Q3a_": the token of call 3 of round a.
  std::string token(size_t call) const { return "Q" + std::to_string(call) + round_ + "_"; }

  std::string call_json(size_t call, int index) const {
    const std::string t = token(call);
    const bool custom = call % 5 == 4;
    return std::string("{") + (index >= 0 ? "\"index\":" + std::to_string(index) + "," : "") + R"("id":")" +
           t + R"(id","type":)" +
           (custom ? R"("custom","custom":{"name":")" : R"("function","function":{"name":")") + t +
           R"(name",)" + (custom ? R"("input":")" : R"("arguments":")") + t + R"(arg"}})";
  }

  static std::string chunk(int choice, const std::string& delta, std::string_view finish) {
    return R"(data: {"id":"i","choices":[{"index":)" + std::to_string(choice) + R"(,"delta":{)" + delta +
           R"(},"finish_reason":)" + std::string(finish) + "}]}\n\n";
  }

  std::string streamed() {
    std::string out;
    for (int choice = 0; choice < n_; ++choice) {
      int index = 0;
      out += chunk(choice, R"("role":"assistant","content":"")", "null");
      const size_t steps = choices_.pick(6);
      bool ended = false;
      for (size_t i = 0; i < steps && !ended; ++i) {
        const std::string text = choices_.chance() ? R"("content":"some text ",)" : "";
        const size_t what = choices_.pick(5);
        if ((what == 0 && index > 0) || (what >= 2 && !text.empty())) exact_ = false;
        if (what == 0) out += chunk(choice, R"("content":"some text")", "null");
        if (what == 1) out += fragments(choice, index++);
        if (what >= 2) {
          std::string calls = call_json(next_++, index++);
          if (what == 3) calls += "," + call_json(next_++, index++);
          ended = what == 4;
          out += chunk(choice, text + R"("tool_calls":[)" + calls + "]", ended ? R"("tool_calls")" : "null");
        }
      }
      if (!ended) out += chunk(choice, "", choices_.chance() ? R"("tool_calls")" : R"("stop")");
    }
    if (choices_.chance()) out += "data: {\"choices\":[],\"usage\":{\"completion_tokens\":3}}\n\n";
    return out + (choices_.pick(4) > 0 ? "data: [DONE]\n\n" : "");
  }

  std::string fragments(int choice, int index) {
    const std::string t = token(next_++);
    const std::string at = R"("tool_calls":[{"index":)" + std::to_string(index) + ",";
    return chunk(choice,
                 at + R"("id":")" + t + R"(id","type":"function","function":{"name":")" + t + R"(name"}}])",
                 "null") +
           chunk(choice, at + R"("function":{"arguments":"{\"a\":"}}])", "null") +
           chunk(choice, at + R"("function":{"arguments":"\")" + t + R"(arg\"}"}}])", "null");
  }

  std::string whole() {
    std::string out;
    for (int choice = 0; choice < n_; ++choice) {
      std::string calls;
      const size_t count = choices_.pick(4);
      for (size_t i = 0; i < count; ++i) calls += (i == 0 ? "" : ",") + call_json(next_++, -1);
      out += (choice == 0 ? "" : ",") + std::string(R"({"index":)") + std::to_string(choice) +
             R"(,"message":{"role":"assistant","content":)" + (choices_.chance() ? "null" : R"("text")") +
             (count > 0 ? R"(,"tool_calls":[)" + calls + "]" : "") + R"(},"finish_reason":"tool_calls"})";
    }
    return R"({"id":"i","choices":[)" + out + "]}";
  }

  fuzz::Choices& choices_;
  const bool stream_;
  const int n_;
  size_t next_ = 0;
  char round_ = 'a';
  bool exact_ = true;
};

void try_made(fuzz::Choices& choices) {
  const bool stream = choices.chance();
  const int n = 1 + static_cast<int>(choices.pick(2));
  const wire::ParsedRequest request = request_of(stream, n);
  Maker maker(choices, stream, n);
  const std::string bytes = maker.make('a');
  const bool exact = maker.exact();
  const std::string again = maker.make('b');
  const size_t denied = choices.pick(4);
  const auto judge = [&](const exchange::Call&) { return denied != 3 && choices.pick(4) >= denied; };
  const auto check = [](const fuzz::Played& played) {
    for (size_t i = 0; i < played.calls.size(); ++i) {
      const std::string token = played.calls[i].call.name.substr(0, played.calls[i].call.name.find('_') + 1);
      // What was only just given out has not been seen either.
      if (!played.allowed[i]) expect(played.out.find(token + "id") == std::string::npos);
      if (!played.allowed[i] || played.rewritten[i])
        expect(played.out.find(token + "arg") == std::string::npos);
    }
  };
  const bool filter = choices.chance();
  const wire::Options options{.text_filters = filter ? fuzz::capitals() : wire::TextFilters()};
  const fuzz::Played played = fuzz::play(request, options, bytes, again, choices, judge, check);
  expect(played.whole);
  check_calls(played, stream);
  for (size_t i = 0; i < played.calls.size(); ++i) {
    if (played.allowed[i]) expect(played.out.find(played.calls[i].call.id) != std::string::npos);
  }
  if (filter) {
    expect_filtered(played, stream);
    if (played.one_round) expect(said(played.out, stream) == fuzz::Capitals::of(said(bytes, stream)));
  }
  const bool any =
      filter || std::find(played.allowed.begin(), played.allowed.end(), false) != played.allowed.end() ||
      std::find(played.rewritten.begin(), played.rewritten.end(), true) != played.rewritten.end();
  if (!any && exact) expect(played.out == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::Choices choices(bytes.substr(1, 6));
  switch (bytes[0] % 3) {
    case 0:
      fuzz::try_request(Dialect::chat_completions, bytes.substr(7), choices);
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
