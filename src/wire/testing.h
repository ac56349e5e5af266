// What the tests and fuzz targets of replies share: driving a reply, and reading what the client got as a
// client's library would. For tests of this folder and fuzz/.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/dialect.h"
#include "wire/sse.h"

namespace weir::wire::testing {

// The verdict on a call; the second form for those that only allow or deny.
using Decide = std::function<Verdict(const exchange::Call&)>;
using Judge = std::function<bool(const exchange::Call&)>;
// How many bytes come next; at least 1.
using Pieces = std::function<size_t()>;

struct Outcome {
  std::string error = {};  // not empty: the reply broke off
  std::string out = {};    // all bytes that the client got
  std::vector<std::string> bodies = {};
  std::vector<HeldCall> calls = {};
  std::vector<exchange::Message> messages = {};
  std::optional<Shadow> shadow = {};
};

// Plays upstream replies, one a round, against a request. A further round is asked for while there are
// replies left and no call was allowed.
inline Outcome play(exchange::Dialect dialect, const std::string& request,
                    const std::vector<std::string>& replies, const Decide& decide, const Pieces& pieces,
                    const Options& options = {}) {
  Outcome outcome;
  auto parsed = parse_request(dialect, request, options);
  if (!parsed) {
    outcome.error = "request: " + parsed.error().text();
    return outcome;
  }
  const auto reply = make_reply(*parsed, request, options);
  bool complete = false;
  const auto take = [&](Result<Step> step) {
    while (step) {
      outcome.out += step->out;
      complete = step->complete;
      if (step->calls.empty()) return true;
      std::vector<Verdict> verdicts;
      for (const HeldCall& held : step->calls) {
        verdicts.push_back(decide(held.call));
        outcome.calls.push_back(held);
      }
      step = reply->decide(verdicts);
    }
    outcome.error = step.error().text();
    return false;
  };
  for (size_t round = 0;; ++round) {
    const std::string_view bytes = replies[round];
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = std::min(pieces(), bytes.size() - at);
      if (!take(reply->feed(bytes.substr(at, size)))) return outcome;
      at += size;
    }
    if (!take(reply->end_of_body())) return outcome;
    if (!complete) {
      outcome.error = "the round did not complete";
      return outcome;
    }
    if (round + 1 == replies.size() || !reply->all_denied()) break;
    outcome.bodies.push_back(reply->next_round_body());
  }
  if (!take(reply->finish())) return outcome;
  outcome.messages = reply->client_messages();
  outcome.shadow = reply->shadow();
  return outcome;
}

// Denials say "denied N" with the call's number.
inline Outcome play(exchange::Dialect dialect, const std::string& request,
                    const std::vector<std::string>& replies, const Judge& judge, const Pieces& pieces,
                    const Options& options = {}) {
  size_t count = 0;
  const Decide decide = [&](const exchange::Call& call) {
    const bool allow = judge(call);
    const std::string why = "denied " + std::to_string(count++);
    return Verdict{allow, allow ? "" : why};
  };
  return play(dialect, request, replies, decide, pieces, options);
}

// What becomes of each call of a reply: two bits of one number, call 0's first.
enum What : unsigned { kAllow, kChange, kDeny, kAnswer };
inline What what_of(unsigned verdicts, int i) {
  return static_cast<What>(verdicts >> (2 * i) & 3);
}
// The client gets it, as it is or with other arguments.
inline bool kept(What what) {
  return what == kAllow || what == kChange;
}
// The verdict on call i; `given`: the arguments that it gets where they change. Denials and answers name it.
inline Verdict verdict_on(What what, int i, std::string given) {
  switch (what) {
    case kAllow:
      return {true};
    case kChange:
      return {true, {}, std::move(given)};
    case kDeny:
      return {false, "denied " + std::to_string(i)};
    case kAnswer:
      return {false, "answer " + std::to_string(i), {}, true};
  }
  return {};
}

// Filters. Each is told by its name: "none", "same" passes all, "loud" puts text in capitals, "hoard" keeps
// all back to the end, "lag" two bytes, "mute" drops it, "swap" puts a longer text in the place of {{N}} and
// keeps back what may become one.
TextFilters filters(std::string_view name);
// What the filter makes of a whole text.
std::string filtered(std::string_view name, std::string_view text);

// What a client makes of a reply.
struct Seen {
  std::string problem = {};  // what a client would stumble over
  std::string text = {};
  std::vector<exchange::Call> calls = {};
  std::string reason = {};
  std::string id = {};
  int64_t output_tokens = 0;
  bool ended = false;
  std::string message = {};  // the assistant message as the client sends it back, raw
};

// Of choice `choice`.
Seen read_chat_stream(std::string_view bytes, int64_t choice = 0);
Seen read_chat_whole(std::string_view bytes, size_t choice = 0);
Seen read_messages_stream(std::string_view bytes);
Seen read_messages_whole(std::string_view bytes);
// `message`: the items, comma separated, raw. `reason`: the response's status.
Seen read_responses_stream(std::string_view bytes);
Seen read_responses_whole(std::string_view bytes);

}  // namespace weir::wire::testing
