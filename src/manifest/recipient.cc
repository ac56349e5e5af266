#include <algorithm>

#include "base/limits.h"
#include "manifest/label_result.h"
#include "manifest/url.h"

namespace weir::manifest {
namespace {

// Addresses with commas or semicolons between them, every one well-formed; else nothing.
std::vector<std::string> address_list(std::string_view text) {
  std::vector<std::string> all;
  while (true) {
    const size_t end = text.find_first_of(",;");
    auto one = normalised_principal("mailto:" + std::string(text.substr(0, end)));
    if (!one) return {};
    all.push_back(std::move(*one));
    if (end == std::string_view::npos || all.size() > limits::kLabelReadersMax) return all;
    text.remove_prefix(end + 1);
  }
}

void add_names(std::string_view server, std::string_view value, std::vector<std::string>& names) {
  if (value.empty()) return;
  if (auto address = normalised_principal("mailto:" + std::string(value))) {
    names.push_back(std::move(*address));
    return;
  }
  if (const auto url = parse_url(value)) {
    names.push_back(url->site());
    return;
  }
  const std::vector<std::string> several = address_list(value);
  if (!several.empty()) {
    names.insert(names.end(), several.begin(), several.end());
    return;
  }
  names.push_back(std::string(server) + ":" + std::string(value));
}

// Recursion is bounded by the JSON parser's depth.
void add_leaves(std::string_view server, json::Value value, std::vector<std::string>& names) {
  if (names.size() > limits::kLabelReadersMax || value.is_null()) return;
  if (value.is_array()) {
    for (const json::Value element : value.elements()) add_leaves(server, element, names);
  } else if (value.is_object()) {
    for (const json::Member member : value.members()) {
      if (auto address = normalised_principal("mailto:" + std::string(member.key))) names.push_back(*address);
      add_leaves(server, member.value, names);
    }
  } else if (value.exists()) {
    add_names(server, value.string_or(value.raw()), names);
  }
}

// Dropping a recipient would be the unsafe side: more than can be named become one that nobody's readers
// hold.
Readers named(std::vector<std::string> names) {
  if (names.size() > limits::kLabelReadersMax) return Readers::of({"more recipients than can be named"});
  return Readers::of(std::move(names));
}

}  // namespace

Readers recipient_readers(std::string_view server, std::string_view value) {
  std::vector<std::string> names;
  add_names(server, value, names);
  return named(std::move(names));
}

Readers recipient_readers(std::string_view server, json::Value value) {
  std::vector<std::string> names;
  add_leaves(server, value, names);
  return named(std::move(names));
}

}  // namespace weir::manifest
