// What the fuzz targets of both dialects share: random choices from the input's bytes, and driving a reply.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "wire/dialect.h"

namespace weir::fuzz {

inline void expect(bool holds, std::source_location at = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: does not hold\n", at.file_name(), static_cast<unsigned>(at.line()));
  std::abort();
}

// The input's bytes one after the other, then numbers that follow from them.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}

  // From 0 below `count`.
  size_t pick(size_t count) {
    uint32_t byte = 0;
    if (at_ < bytes_.size()) byte = static_cast<uint8_t>(bytes_[at_++]);
    seed_ = seed_ * 1664525U + 1013904223U + byte;
    return (at_ < bytes_.size() ? byte : seed_ >> 16) % count;
  }
  bool chance() { return pick(2) == 1; }
  bool spent() const { return at_ >= bytes_.size(); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  uint32_t seed_ = 1;
};

struct Played {
  bool whole = false;  // it came to its end
  std::string out = {};
  std::vector<wire::HeldCall> calls = {};
  std::vector<bool> allowed = {};
  std::vector<exchange::Message> messages = {};
};

// Plays the upstream's bytes in random pieces. `judge(call)` is the verdict; `check(out)` looks at all bytes
// so far, after every step. A second round gets `again`.
template <class Judge, class Check>
Played play(const wire::ParsedRequest& request, const wire::Options& options, std::string_view bytes,
            std::string_view again, Choices& choices, Judge&& judge, Check&& check) {
  Played played;
  const auto reply = wire::make_reply(request, std::string(request.document.text()), options);
  bool complete = false;
  const auto take = [&](Result<wire::Step> step) {
    while (step) {
      played.out += step->out;
      complete = step->complete;
      check(played);
      if (step->calls.empty()) return true;
      std::vector<wire::Verdict> verdicts;
      for (const wire::HeldCall& held : step->calls) {
        played.calls.push_back(held);
        played.allowed.push_back(judge(held.call));
        verdicts.push_back({played.allowed.back(), "no"});
      }
      check(played);
      step = reply->decide(verdicts);
    }
    return false;
  };
  for (int round = 0; round < 2; ++round) {
    for (std::string_view rest = bytes; !rest.empty();) {
      const size_t size = std::min(rest.size(), choices.chance() ? 1 + choices.pick(64) : rest.size());
      if (!take(reply->feed(rest.substr(0, size)))) return played;
      rest.remove_prefix(size);
    }
    if (!take(reply->end_of_body())) return played;
    expect(complete);
    if (round == 1 || again.empty() || !reply->all_denied()) break;
    const auto next = wire::parse_request(request.request.dialect, reply->next_round_body(), options);
    expect(next.has_value() && next->request.messages.size() > request.request.messages.size());
    bytes = again;
  }
  if (!take(reply->finish())) return played;
  played.messages = reply->client_messages();
  played.whole = true;
  if (const auto shadow = reply->shadow()) {
    expect(json::parse("[" + shadow->replacement + "]").has_value());
    expect(json::parse("[" + shadow->prepend_blocks + "]").has_value());
    expect(json::parse("[" + shadow->insert_after + "]").has_value());
  }
  return played;
}

// A request that parses is written as it came; with edits it stays one; what is cut leaves one that weir
// takes.
inline void try_request(exchange::Dialect dialect, std::string_view body, Choices& choices) {
  for (const wire::Options options :
       {wire::Options{}, wire::Options{true, false}, wire::Options{false, true}}) {
    const auto request = wire::parse_request(dialect, std::string(body), options);
    if (!request) {
      expect(json::parse(wire::error_body(dialect, request.error())).has_value());
      continue;
    }
    expect(request->wire_index.size() == request->request.messages.size());
    const std::string written = request->write({});
    if (request->cuts.empty()) expect(written == body);
    const auto again = wire::parse_request(dialect, written, options);
    expect(again.has_value() && again->cuts.empty());
    expect(again->request.messages.size() == request->request.messages.size());
    expect(again->request.tools.size() == request->request.tools.size());
    if (request->request.messages.empty()) continue;
    const size_t message = choices.pick(request->request.messages.size());
    using Kind = wire::Edit::Kind;
    const std::string blocks = R"({"type":"text","text":"weir"})";
    const std::vector<wire::Edit> edits{{Kind::replace, message, R"({"role":"assistant","content":"weir"})"},
                                        {Kind::insert_after, message, R"({"role":"user","content":"weir"})"}};
    expect(wire::parse_request(dialect, request->write({.edits = edits}), options).has_value());
    if (dialect == exchange::Dialect::messages)
      expect(wire::parse_request(
                 dialect, request->write({.edits = {{Kind::prepend_blocks, message, blocks}}}), options)
                 .has_value());
  }
}

}  // namespace weir::fuzz
