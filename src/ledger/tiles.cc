#include "ledger/tiles.h"

#include <fmt/format.h>

#include <cassert>

#include "base/limits.h"

namespace weir::ledger {
namespace {

std::string index_path(uint64_t index) {
  std::string path = fmt::format("{:03}", index % 1000);
  while (index >= 1000) {
    index /= 1000;
    path = fmt::format("x{:03}/", index % 1000) + path;
  }
  return path;
}

std::string level_path(int level) {
  return level == kEntriesLevel ? "entries" : std::to_string(level);
}

std::optional<unsigned> small_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

std::string TileName::partial_dir() const {
  return "tile/" + level_path(level) + "/" + index_path(index) + ".p";
}

std::string TileName::path() const {
  if (width < kTileWidth) return partial_dir() + "/" + std::to_string(width);
  return "tile/" + level_path(level) + "/" + index_path(index);
}

std::optional<TileName> parse_tile_path(std::string_view path) {
  TileName name;
  std::string_view rest = path;
  if (!rest.starts_with("tile/")) return std::nullopt;
  rest.remove_prefix(5);
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view level = rest.substr(0, slash);
  if (level == "entries") {
    name.level = kEntriesLevel;
  } else if (const auto value = small_number(level); value && *value < 64) {
    name.level = static_cast<int>(*value);
  } else {
    return std::nullopt;
  }
  rest.remove_prefix(slash + 1);
  if (const size_t partial = rest.find(".p/"); partial != std::string_view::npos) {
    const auto width = small_number(rest.substr(partial + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
    name.width = *width;
    rest = rest.substr(0, partial);
  }
  if (rest.size() > 4 * 6 + 3) return std::nullopt;  // 7 groups of three digits: more than any tree has
  while (rest.starts_with('x')) {
    const auto group = rest.size() > 5 && rest[4] == '/' ? small_number(rest.substr(1, 3)) : std::nullopt;
    if (!group) return std::nullopt;
    name.index = name.index * 1000 + *group;
    rest.remove_prefix(5);
  }
  const auto last = rest.size() == 3 ? small_number(rest) : std::nullopt;
  if (!last || name.index > UINT64_MAX / 2000) return std::nullopt;
  name.index = name.index * 1000 + *last;
  if (name.path() != path) return std::nullopt;  // other spellings of the same name
  return name;
}

std::optional<TileName> tile_in_tree(int level, uint64_t index, uint64_t size) {
  const int shift = level == kEntriesLevel ? 0 : level * kTileHeight;
  const uint64_t hashes = shift >= 64 ? 0 : size >> shift;
  const uint64_t begin = index * kTileWidth;
  if (index > UINT64_MAX / kTileWidth || begin >= hashes) return std::nullopt;
  const uint64_t width = std::min<uint64_t>(hashes - begin, kTileWidth);
  return TileName{level, index, static_cast<unsigned>(width)};
}

std::string tile_bytes(const std::vector<Digest>& hashes) {
  std::string out;
  out.reserve(hashes.size() * sizeof(Digest));
  for (const Digest& hash : hashes) out += as_bytes(hash);
  return out;
}

Result<std::vector<Digest>> parse_tile(std::string_view bytes, unsigned width) {
  if (bytes.size() != width * sizeof(Digest)) return bad_input("the tile has the wrong length");
  std::vector<Digest> out(width);
  for (unsigned i = 0; i < width; ++i) {
    const std::string_view hash = bytes.substr(i * sizeof(Digest), sizeof(Digest));
    std::copy(hash.begin(), hash.end(), out[i].begin());
  }
  return out;
}

void append_bundled(std::string& bundle, std::string_view entry) {
  assert(entry.size() <= limits::kLedgerEntryBytesMax);
  bundle += static_cast<char>(entry.size() >> 8);
  bundle += static_cast<char>(entry.size() & 0xFF);
  bundle += entry;
}

Result<std::vector<std::string>> parse_bundle(std::string_view bytes, unsigned width) {
  std::vector<std::string> out;
  out.reserve(width);
  while (out.size() < width) {
    if (bytes.size() < 2) return bad_input("the entry bundle ends early");
    const size_t size =
        static_cast<size_t>(static_cast<uint8_t>(bytes[0])) << 8 | static_cast<uint8_t>(bytes[1]);
    bytes.remove_prefix(2);
    if (bytes.size() < size) return bad_input("the entry bundle ends early");
    out.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  if (!bytes.empty()) return bad_input("the entry bundle has bytes behind its last entry");
  return out;
}

Digest tile_root(const std::vector<Digest>& hashes) {
  Frontier frontier;
  for (const Digest& hash : hashes) frontier.append(hash);
  return frontier.root();
}

Edge Edge::restore(std::vector<std::vector<Digest>> levels) {
  Edge edge;
  for (size_t level = levels.size(); level-- > 0;) {
    for (const Digest& hash : levels[level]) edge.frontier_.push(static_cast<int>(level) * kTileHeight, hash);
  }
  edge.levels_ = std::move(levels);
  return edge;
}

void Edge::append(const Digest& leaf, std::vector<FullTile>& completed) {
  frontier_.append(leaf);
  Digest hash = leaf;
  for (size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].push_back(hash);
    if (levels_[level].size() < kTileWidth) return;
    hash = tile_root(levels_[level]);
    const uint64_t index = (size() >> (kTileHeight * (level + 1))) - 1;
    completed.push_back({static_cast<int>(level), index, std::move(levels_[level])});
    levels_[level].clear();
  }
}

}  // namespace weir::ledger
