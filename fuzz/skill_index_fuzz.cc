// index.json, and the text of a catalogue's note. What is read is written back the same; no place leads out
// of the folder.
#include <cstdlib>

#include "skill/catalogue.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace weir::skill;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto check = [](bool holds) {
    if (!holds) std::abort();
  };
  if (const auto index = parse_index(text)) {
    const auto again = parse_index(index_json(*index));
    check(again.has_value() && index_json(*again) == index_json(*index));
    for (const IndexEntry& entry : index->skills) {
      const auto place = place_of("/srv/c", entry.url);
      check(!place || (place->starts_with("/srv/c/") && place->find("..") != 0 &&
                       place->find("/../") == std::string::npos));
    }
  }
  if (const auto head = parse_head(text)) check(head->text() == text);
  (void)parse_seen(text).has_value();
  return 0;
}
