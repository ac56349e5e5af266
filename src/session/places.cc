#include "session/places.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "session/attribution.h"

namespace weir::session {
namespace {

constexpr std::string_view kAnyPath = "\n";
constexpr std::string_view kWordEnd = " \t\r\n\"'<>|;&=()";

// Lexically: "./a/../b" is "b". A place need only be recognised, so a form that no path rule covers stays.
std::string plain_path(std::string_view value) {
  if (value.starts_with("file://")) value.remove_prefix(7);
  std::vector<std::string_view> parts;
  size_t at = 0;
  while (at <= value.size()) {
    const size_t slash = std::min(value.find('/', at), value.size());
    const std::string_view part = value.substr(at, slash - at);
    at = slash + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return fmt::format("{}{}", value.starts_with('/') ? "/" : "", fmt::join(parts, "/"));
}

bool is_path(std::string_view value) {
  return value.find_first_of("/.~") != std::string_view::npos &&
         value.find_first_of("\n\t ") == std::string_view::npos && value.find('@') == std::string_view::npos;
}

// Paths are the same place for every server; other names are a server's own.
std::string place_name(std::string_view server, std::string_view value) {
  return is_path(value) ? "\n" + plain_path(value) : fmt::format("{}\n{}", server, value);
}

}  // namespace

std::vector<std::string> places_of(std::string_view server, const std::vector<Leaf>& leaves) {
  using manifest::ArgRole;
  std::vector<std::string> places;
  for (const Leaf& leaf : leaves) {
    if (leaf.sealed && leaf.role != ArgRole::content) {
      // Which place it is must not decide anything: it is all of them.
      places.push_back(fmt::format("{}\n", server));
      places.emplace_back(kAnyPath);
      continue;
    }
    if ((leaf.role == ArgRole::target || leaf.role == ArgRole::selector) && !leaf.value.empty()) {
      places.push_back(place_name(server, leaf.value));
    }
    if (leaf.role != ArgRole::command) continue;
    size_t at = 0;
    while (at < leaf.value.size()) {
      const size_t begin = leaf.value.find_first_not_of(kWordEnd, at);
      if (begin == std::string::npos) break;
      at = std::min(leaf.value.find_first_of(kWordEnd, begin), leaf.value.size());
      const std::string_view word = std::string_view(leaf.value).substr(begin, at - begin);
      if (is_path(word)) places.push_back(place_name(server, word));
    }
  }
  if (places.empty()) places.push_back(fmt::format("{}\n", server));
  return places;
}

Places::Places(Labels& labels)
    : labels_(labels), unknown_(labels.intern(Label::of(Origin::unseen_model(), Readers::owner()))) {}

void Places::written(const std::vector<std::string>& places, LabelId label) {
  for (const std::string& place : places) label = labels_.join(label, labels_.join(at(place), below(place)));
  if (labels_.clean(label)) return;
  for (const std::string& place : places) {
    if (stored_.size() >= limits::kStoredPlacesMax && !stored_.contains(place)) continue;
    const auto [stored, added] = stored_.try_emplace(place, label);
    const LabelId joined = labels_.join(stored->second, label);
    if (!added && joined == stored->second) continue;
    stored->second = joined;
    new_.push_back({place, joined});
  }
}

LabelId Places::read(std::string_view server, const std::vector<std::string>& places) const {
  const std::string whole = fmt::format("{}\n", server);
  LabelId label = labels_.join(at(whole), at(std::string(kAnyPath)));
  for (const std::string& place : places) label = labels_.join(label, labels_.join(at(place), below(place)));
  return label;
}

LabelId Places::named(std::string_view word) const {
  return is_path(word) && !stored_.empty() ? at("\n" + plain_path(word)) : kNoLabel;
}

LabelId Places::at(const std::string& place) const {
  if (const auto found = stored_.find(place); found != stored_.end()) return found->second;
  return stored_.size() >= limits::kStoredPlacesMax ? unknown_ : kNoLabel;
}

LabelId Places::below(const std::string& folder) const {
  // A whole server's own places begin with its name; "." and "/" are all paths.
  std::string first = folder;
  if (folder == "\n" || folder == "\n/") {
    first = "\n";
  } else if (!folder.ends_with('\n')) {
    first += '/';
  }
  LabelId label = kNoLabel;
  for (auto at = stored_.lower_bound(first); at != stored_.end() && at->first.starts_with(first); ++at)
    label = labels_.join(label, at->second);
  return label;
}

}  // namespace weir::session
