#include "ledger/publisher.h"

#include <algorithm>

namespace weir::ledger {

Status Publisher::ensure_dirs(const std::string& path) {
  for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string sub = dir_ + "/" + path.substr(0, slash);
    if (durable_dirs_.contains(sub)) continue;
    WEIR_TRY(files_.make_dir(sub));
    dirs_to_sync_.insert(parent_path(sub));
    durable_dirs_.insert(sub);  // by the time publish() returns without an error, and not used after one
  }
  return {};
}

Status Publisher::write(const TileName& name, const std::string& bytes) {
  WEIR_TRY(ensure_dirs(name.path()));
  const std::string path = dir_ + "/" + name.path();
  WEIR_TRY_ASSIGN(file, files_.open(path, OpenMode::write));
  WEIR_TRY(file->truncate(0));  // what an unfinished publishing left
  WEIR_TRY(file->write_at(0, bytes));
  written_.push_back(std::move(file));
  dirs_to_sync_.insert(parent_path(path));
  return {};
}

// A tile that is full needs its partial forms no more. Failing to drop them harms nothing.
void Publisher::drop_partials(const TileName& full) {
  const std::string partial_dir = dir_ + "/" + full.partial_dir();
  const auto partials = files_.list(partial_dir);
  if (!partials) return;
  for (const DirEntry& partial : *partials) {
    if (!files_.remove(partial_dir + "/" + partial.name)) return;
  }
  if (files_.remove(partial_dir)) durable_dirs_.erase(partial_dir);
}

Status Publisher::publish(const Edge& edge, const std::vector<FullTile>& completed,
                          const std::deque<std::string>& recent, const std::string& note) {
  const uint64_t size = edge.size();
  written_.clear();
  dirs_to_sync_.clear();
  for (const FullTile& tile : completed) WEIR_TRY(write({tile.level, tile.index}, tile_bytes(tile.hashes)));
  for (size_t level = 0; level < edge.levels().size(); ++level) {
    const auto& hashes = edge.levels()[level];
    if (hashes.empty()) continue;
    const int l = static_cast<int>(level);
    const uint64_t index = (size >> (kTileHeight * l)) / kTileWidth;
    const auto name = tile_in_tree(l, index, size);
    if (name == tile_in_tree(l, index, published_size_)) continue;  // unchanged
    WEIR_TRY(write(*name, tile_bytes(hashes)));
  }
  for (uint64_t first = recent_first(); first < size; first += kTileWidth) {
    const auto name = tile_in_tree(kEntriesLevel, first / kTileWidth, size);
    if (name == tile_in_tree(kEntriesLevel, first / kTileWidth, published_size_)) continue;
    std::string bytes;
    for (unsigned i = 0; i < name->width; ++i) append_bundled(bytes, recent[first - recent_first() + i]);
    WEIR_TRY(write(*name, bytes));
  }
  // After all writes: the first sync commits what the file system has gathered, the others find little left.
  for (const auto& file : written_) WEIR_TRY(file->sync());
  written_.clear();
  for (const std::string& dir : dirs_to_sync_) WEIR_TRY(files_.sync_dir(dir));
  WEIR_TRY(files_.replace(dir_ + "/checkpoint", note));
  for (const FullTile& tile : completed) {
    drop_partials({tile.level, tile.index});
    if (tile.level == 0) drop_partials({kEntriesLevel, tile.index});
  }
  published_size_ = size;
  return {};
}

}  // namespace weir::ledger
