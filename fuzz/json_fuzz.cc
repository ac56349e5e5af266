// Strict JSON: what parses has one canonical form, and every span lies inside the text and parses by itself.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/json.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void walk(const weir::json::Document& doc, weir::json::Value value) {
  const std::string_view text = doc.text();
  const std::string_view raw = value.raw();
  must(!raw.empty() && raw.data() == text.data() + value.offset() &&
       value.offset() + raw.size() <= text.size());
  if (const auto string = value.string()) must(weir::is_utf8(*string));
  if (value.integer()) must(value.number().has_value());
  size_t count = 0;
  for (const weir::json::Value element : value.elements()) {
    walk(doc, element);
    ++count;
  }
  for (const weir::json::Member member : value.members()) {
    must(value[member.key].offset() == member.value.offset());
    walk(doc, member.key_value);
    walk(doc, member.value);
    ++count;
  }
  must(count == value.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto quoted = weir::json::parse(weir::json::quote(text));
  must(quoted.has_value());
  if (weir::is_utf8(text)) must(quoted->root().string() == text);

  const auto doc = weir::json::parse(text);
  if (!doc) return 0;
  must(doc->text() == text);
  walk(*doc, doc->root());
  const std::string canonical = weir::json::canonical(doc->root());
  const auto again = weir::json::parse(canonical);
  must(again.has_value());
  must(weir::json::canonical(again->root()) == canonical);
  const auto part = weir::json::parse(std::string(doc->root().raw()));
  must(part.has_value() && weir::json::canonical(part->root()) == canonical);
  return 0;
}
