// How a log lies on disk (c2sp.org/tlog-tiles): paths, tile and entry bundle bytes, and the right edge of the
// tree, which is where new tiles come from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "ledger/merkle.h"

namespace weir::ledger {

inline constexpr unsigned kTileWidth = 256;
inline constexpr int kTileHeight = 8;
inline constexpr int kEntriesLevel = -1;

// One file of the log: a tile of hashes, or (level kEntriesLevel) a bundle of entries. Width 256 is full.
struct TileName {
  int level = 0;
  uint64_t index = 0;
  unsigned width = kTileWidth;

  // "tile/0/x001/x234/067", "tile/entries/000.p/17"
  std::string path() const;
  // "tile/0/000.p", the directory of the partial forms.
  std::string partial_dir() const;
  friend bool operator==(const TileName&, const TileName&) = default;
};
// The name of a path that has exactly the form that path() gives.
std::optional<TileName> parse_tile_path(std::string_view path);

// The name of the tile that a tree of `size` leaves has at (level, index), full or partial; nothing if it
// has none there.
std::optional<TileName> tile_in_tree(int level, uint64_t index, uint64_t size);

std::string tile_bytes(const std::vector<Digest>& hashes);
Result<std::vector<Digest>> parse_tile(std::string_view bytes, unsigned width);

// Adds one entry with its u16be length; the entry is at most kLedgerEntryBytesMax.
void append_bundled(std::string& bundle, std::string_view entry);
Result<std::vector<std::string>> parse_bundle(std::string_view bytes, unsigned width);

// A tile that became full.
struct FullTile {
  int level;
  uint64_t index;
  std::vector<Digest> hashes;
};

// The unfinished tile of every level, and the root. Not for several threads.
class Edge {
 public:
  // Restores the edge from the partial tiles, level 0 first.
  static Edge restore(std::vector<std::vector<Digest>> levels);

  void append(const Digest& leaf, std::vector<FullTile>& completed);
  Digest root() const { return frontier_.root(); }
  uint64_t size() const { return frontier_.size(); }
  const std::vector<std::vector<Digest>>& levels() const { return levels_; }

 private:
  std::vector<std::vector<Digest>> levels_;
  Frontier frontier_;
};

// The Merkle root of up to 256 subtree roots of equal height.
Digest tile_root(const std::vector<Digest>& hashes);

}  // namespace weir::ledger
