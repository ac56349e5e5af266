// Revision 2026-07-28: a message whose `_meta` says who asks, the head that must say the same, labels in
// results'
// `_meta`, and the requestState that a client brings back. The first line is a head's field value and a
// requestState, the rest a JSON-RPC message, or the input schema of a tool.
#include "wire/mcp/headers.h"
#include "wire/mcp/labels.h"
#include "wire/mcp/request_meta.h"
#include "wire/mcp/request_state.h"
#include "wire_fuzz.h"

namespace {

using namespace weir;
using namespace weir::wire;
using fuzz::expect;

class Fixed final : public Random {
 public:
  void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{7}); }
};

mcp::FindHeaders finder(const mcp::HeaderList& headers) {
  return [&headers](std::string_view name) {
    std::vector<std::string_view> all;
    for (const auto& [field, value] : headers)
      if (field == name) all.push_back(value);
    return all;
  };
}

void check_value(const std::string& text) {
  const auto decoded = mcp::from_header_value(text);
  if (decoded) expect(mcp::from_header_value(mcp::header_value(*decoded)) == decoded);
  if (is_utf8(text)) expect(mcp::from_header_value(mcp::header_value(text)) == text);
  (void)mcp::json_path(text);
  Fixed random;
  const mcp::RequestStates states{random};
  // Nobody finds a MAC by chance: what opens was sealed, and opens for its session only.
  expect(!states.open(text, "session", 0).has_value());
  const std::string sealed = states.seal("session", "r1", text.size(), 100);
  expect(states.open(sealed, "session", 99).has_value());
  expect(text == "session" || !states.open(sealed, text, 99).has_value());
}

// What weir as a client sends, weir as a server takes.
void check_schema(json::Value schema, json::Value arguments) {
  const auto params = mcp::header_params(schema);
  if (!params) return;
  const mcp::HeaderList headers = mcp::param_headers(*params, arguments);
  expect(headers.size() <= params->size());
  for (const auto& [name, value] : headers) expect(mcp::from_header_value(value).has_value());
  // All but arguments of a type that no header has.
  if (headers.size() == params->size())
    expect(mcp::check_param_headers(*params, arguments, finder(headers)).has_value());
}

void check_request(const mcp::Message& message) {
  const std::string params(message.params().raw());
  const mcp::Sender sender{R"({"name":"weir"})", R"({"roots":{}})", "info"};
  const std::string said = mcp::with_sender(params, sender);
  auto again = mcp::parse(mcp::request(message.id, message.method, said), false);
  expect(again.has_value());
  const auto meta = mcp::read_request_meta(again->front());
  expect(meta.has_value() && meta->revision == mcp::kStatelessRevision && meta->log_level == "info");
  expect(mcp::says_revision(again->front()));
  const auto headers =
      mcp::standard_headers(mcp::kStatelessRevision, message.method, again->front().params());
  expect(mcp::check_standard_headers(again->front(), mcp::kStatelessRevision, finder(headers)).has_value() ||
         (headers.size() == 2 || !is_utf8(message.method)));
  const std::string without = mcp::without_sender(said);
  expect(without.find(mcp::meta::kCapabilities) == std::string::npos ||
         params.find(mcp::meta::kCapabilities) != std::string::npos);
  expect(json::parse(without).has_value());
  const std::string answers = "{}";
  const auto input = json::parse(mcp::with_input(said, &answers, &params));
  expect(input.has_value() && (*input)["requestState"].string_or("") == params);
  (void)mcp::read_request_meta(message);
}

void check_result(const mcp::Message& message) {
  const SaidLabels labels = mcp::read_labels(message.result());
  for (const char* pointer : {"", "/a", "/0/b"}) (void)labels.of(0, 2, pointer);
  for (const bool believed : {false, true}) {
    auto annotated = mcp::parse(mcp::with_annotations(message, true, true, believed), false);
    expect(annotated.has_value());
    const SaidLabels own = mcp::read_labels(annotated->front().result());
    expect(own.of(0, 1, "").trusted == std::optional(false));
    expect(own.of(0, 1, "").readers.has_value() && !own.of(0, 1, "").readers->is_everyone());
  }
  if (const auto plain = mcp::plain_result(message, true)) expect(mcp::parse(*plain, false).has_value());
  const mcp::Freshness fresh = mcp::freshness_of(message.result());
  expect(fresh.ttl_ms >= 0);
  auto stateless = mcp::parse(mcp::stateless_answer(message, R"({"name":"weir"})", &fresh), false);
  expect(stateless.has_value() && stateless->front().result()["resultType"].exists());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const size_t line = std::min(text.find('\n'), text.size());
  check_value(text.substr(0, line));
  const std::string rest = text.substr(std::min(line + 1, text.size()));
  if (const auto document = json::parse(rest)) check_schema(document->root(), document->root()["arguments"]);
  const auto messages = mcp::parse(rest, false);
  if (!messages) return 0;
  if (messages->front().kind == mcp::Kind::request) check_request(messages->front());
  if (messages->front().kind == mcp::Kind::result) check_result(messages->front());
  return 0;
}
