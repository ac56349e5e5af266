// Arbitrary bytes as entities JSON or a request: an error, or entities that are written the same again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/json_data.h"
#include "policy/policy_set.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::policy;
  const auto document = weir::json::parse(std::string(reinterpret_cast<const char*>(data), size));
  if (!document) return 0;
  const auto request = request_from_json(document->root());
  const auto entities = entities_from_json(document->root());
  if (!entities) return 0;
  const std::string text = to_json(*entities);
  const auto again_document = weir::json::parse(text);
  if (!again_document) std::abort();
  const auto again = entities_from_json(again_document->root());
  if (!again || to_json(*again) != text) std::abort();
  entities->each([&](const EntityUid& uid, const auto&, const Value& attributes, const Value&) {
    entities->each_ancestor(uid, [&](const EntityUid& ancestor) {
      if (!entities->is_in(uid, ancestor)) std::abort();
    });
    if (!attributes.is(Value::Kind::record)) std::abort();
  });
  return 0;
}
