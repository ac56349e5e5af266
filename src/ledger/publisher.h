// Turns the entries of a journal into tiles, entry bundles and the `checkpoint` file, so that a crash at any
// moment leaves either the old published log or the new one. One thread; the writer's.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "ledger/files.h"
#include "ledger/tiles.h"

namespace weir::ledger {

class Publisher {
 public:
  // `published_size`: what the checkpoint on disk covers. `files` must outlive this.
  Publisher(Files& files, std::string dir, uint64_t published_size)
      : files_(files), dir_(std::move(dir)), published_size_(published_size) {}

  uint64_t published_size() const { return published_size_; }

  // Makes the tree of `edge` the published one. `completed`: the tiles that became full since the last time.
  // `recent`: the entries from the start of the bundle that was unfinished then (recent_first()) on.
  Status publish(const Edge& edge, const std::vector<FullTile>& completed,
                 const std::deque<std::string>& recent, const std::string& note);

  // Index of the first entry of the unfinished bundle.
  uint64_t recent_first() const { return published_size_ - published_size_ % kTileWidth; }

 private:
  Status write(const TileName& name, const std::string& bytes);
  Status ensure_dirs(const std::string& path);
  void drop_partials(const TileName& full);

  Files& files_;
  std::string dir_;
  uint64_t published_size_;
  std::vector<std::unique_ptr<File>> written_;
  std::set<std::string> dirs_to_sync_;
  // Directories whose own name is known to be durable. One that is there already need not be: the process
  // that made it may have died before it synced.
  std::set<std::string> durable_dirs_;
};

}  // namespace weir::ledger
