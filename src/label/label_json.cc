#include "label/label_json.h"

#include <algorithm>

#include "base/json.h"

namespace weir {

std::string label_json(const Label& label) {
  json::Writer writer;
  writer.begin_object().key("origins").begin_array();
  for (const Origin& origin : label.origins)
    writer.begin_array().string(origin.text()).boolean(origin.trusted).end_array();
  writer.end_array();
  if (!label.readers.is_everyone()) {
    writer.key("readers").begin_array();
    for (const std::string& name : label.readers.names()) writer.string(name);
    writer.end_array();
  }
  if (label.more_trusted || label.more_untrusted) {
    writer.key("more").begin_array().boolean(label.more_trusted).boolean(label.more_untrusted).end_array();
  }
  return writer.end_object().take();
}

Result<Label> parse_label(std::string_view text) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  const json::Value root = document.root();
  if (!root["origins"].is_array()) return bad_input("a label has origins", "/origins");
  Label label;
  for (const json::Value element : root["origins"].elements()) {
    const auto name = element.at_pointer("/0").string();
    const auto trusted = element.at_pointer("/1").boolean();
    if (!name || !trusted) return bad_input("an origin is a name and whether it is trusted", "/origins");
    WEIR_TRY_ASSIGN(origin, parse_origin(*name, *trusted));
    label.origins.push_back(std::move(origin));
  }
  std::sort(label.origins.begin(), label.origins.end());
  if (root["readers"].exists()) {
    std::vector<std::string> names;
    for (const json::Value name : root["readers"].elements()) names.emplace_back(name.string_or(""));
    label.readers = Readers::of(std::move(names));
  }
  label.more_trusted = root.at_pointer("/more/0").boolean().value_or(false);
  label.more_untrusted = root.at_pointer("/more/1").boolean().value_or(false);
  return label;
}

}  // namespace weir
