// Translation: a request that is carried over has all its calls and results and no more; a reply is the same
// in any pieces; no bytes of either end the process.
//
// The first byte says which dialects and what the rest is: a request, or an upstream's bytes.
#include "wire/translate/translate.h"
#include "wire_fuzz.h"

namespace {

using namespace weir;
using exchange::Dialect;
using fuzz::expect;

constexpr Dialect kAll[] = {Dialect::chat_completions, Dialect::messages, Dialect::responses, Dialect::ollama,
                            Dialect::gemini};

std::string path_of(Dialect dialect, bool stream) {
  return wire::translate::request_path(dialect, false, "m", stream);
}

struct Counts {
  size_t calls = 0, results = 0, tools = 0;
  bool operator==(const Counts&) const = default;
};
Counts count(const wire::ParsedRequest& request) {
  Counts counts{0, 0, request.request.tools.size()};
  for (const exchange::Message& message : request.request.messages) {
    for (const exchange::Part& part : message.parts) {
      counts.calls += std::holds_alternative<exchange::Call>(part) ? 1 : 0;
      counts.results += std::holds_alternative<exchange::Result>(part) ? 1 : 0;
    }
  }
  return counts;
}

void try_request(Dialect client, Dialect upstream, std::string_view body) {
  for (wire::Options options : {wire::Options{}, wire::Options{true, false}, wire::Options{false, true}}) {
    options.path = path_of(client, false);
    const auto request = wire::parse_request(client, std::string(body), options);
    if (!request) continue;
    const auto translation = wire::translate::Translation::begin(*request, upstream);
    if (!translation) {
      expect(json::parse(wire::error_body(client, translation.error())).has_value());
      continue;
    }
    expect(json::parse(translation->body()).has_value());
    const auto again = wire::translate::Translation::begin(*request, upstream);
    expect(again.has_value() && again->body() == translation->body());
    // What the upstream's API would not take is refused there.
    const auto told = wire::parse_request(upstream, translation->body(),
                                          {.path = path_of(upstream, request->request.stream)});
    if (told) expect(count(*told) == count(*request) && told->request.stream == request->request.stream);
  }
}

void try_reply(Dialect client, Dialect upstream, std::string_view bytes, fuzz::Choices& choices) {
  const bool stream = choices.chance();
  std::string body = client == Dialect::responses
                         ? R"({"model":"m","input":"x","stream":)"
                         : R"({"model":"m","messages":[{"role":"user","content":"x"}],"stream":)";
  body += stream ? "true}" : "false}";
  if (client == Dialect::gemini) body = R"({"contents":[{"parts":[{"text":"x"}]}]})";
  const auto request = wire::parse_request(client, body, {.path = path_of(client, stream)});
  expect(request.has_value());
  std::string outs[2];
  bool whole[2] = {true, true};
  for (int pieces = 0; pieces < 2; ++pieces) {
    auto translation = wire::translate::Translation::begin(*request, upstream);
    expect(translation.has_value());
    translation->reply_begins("0a", 1);
    for (std::string_view rest = bytes; !rest.empty();) {
      const size_t size = pieces == 1 ? std::min(rest.size(), 1 + choices.pick(64)) : rest.size();
      auto fed = translation->feed(rest.substr(0, size));
      if (!fed) {
        whole[pieces] = false;
        break;
      }
      outs[pieces] += *fed;
      rest.remove_prefix(size);
    }
    if (!whole[pieces]) continue;
    auto end = translation->reply_ended();
    whole[pieces] = end.has_value();
    if (!end) continue;
    outs[pieces] += *end;
    (void)translation->sent_back();
  }
  expect(whole[0] == whole[1]);
  if (whole[0]) expect(outs[0] == outs[1]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto first = static_cast<uint8_t>(bytes[0]);
  // Below 12 the three dialects that were first, as the corpus has them.
  const bool early = first < 12;
  const size_t all = early ? 3 : std::size(kAll);
  const size_t rest = early ? first : first - 12U;
  const Dialect client = kAll[rest % all];
  const Dialect upstream = kAll[(rest % all + 1 + rest / all % (all - 1)) % all];
  if (rest / all / (all - 1) % 2 == 0) {
    try_request(client, upstream, bytes.substr(7));
  } else {
    fuzz::Choices choices(bytes.substr(1, 6));
    try_reply(client, upstream, bytes.substr(7), choices);
  }
  return 0;
}
