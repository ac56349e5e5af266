#include "ledger/crash_files.h"

#include <algorithm>
#include <random>

namespace weir::ledger {
namespace {

constexpr size_t kTornBytes = 16;

Error stopped(const std::string& path) {
  return unavailable("the machine has stopped", path);
}
Error missing(const std::string& path) {
  return Error{Code::not_found, "no such file", path};
}

void apply(std::string& bytes, uint64_t offset, std::string_view written) {
  if (bytes.size() < offset + written.size()) bytes.resize(offset + written.size(), '\0');
  bytes.replace(offset, written.size(), written);
}

}  // namespace

class CrashFiles::OpenFile final : public File {
 public:
  OpenFile(CrashFiles& files, std::string path, NodePtr node)
      : files_(files), path_(std::move(path)), node_(std::move(node)) {}

  Result<std::string> read_at(uint64_t offset, size_t bytes_max) override {
    const std::lock_guard lock(files_.mutex_);
    if (offset >= node_->seen.size()) return std::string();
    return node_->seen.substr(offset, bytes_max);
  }
  Status write_at(uint64_t offset, std::string_view bytes) override {
    const std::lock_guard lock(files_.mutex_);
    return files_.write(node_, {offset, std::string(bytes), false});
  }
  Status truncate(uint64_t bytes) override {
    const std::lock_guard lock(files_.mutex_);
    return files_.write(node_, {bytes, "", true});
  }
  Status sync() override {
    const std::lock_guard lock(files_.mutex_);
    if (files_.fail_syncs_) return unavailable("input/output error", path_);
    if (!files_.step()) return stopped(path_);
    const std::string& ignored = files_.faults_.ignore_sync_of;
    if (!ignored.empty() && path_.find(ignored) != std::string::npos) return {};
    node_->durable = node_->seen;
    node_->unsynced.clear();
    return {};
  }
  Result<uint64_t> size() override {
    const std::lock_guard lock(files_.mutex_);
    return node_->seen.size();
  }

 private:
  CrashFiles& files_;
  const std::string path_;
  const NodePtr node_;
};

namespace {
class HeldLock final : public FileLock {
 public:
  HeldLock(std::mutex& mutex, bool& held) : mutex_(mutex), held_(held) {}
  ~HeldLock() override {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }

 private:
  std::mutex& mutex_;
  bool& held_;
};
}  // namespace

CrashFiles::CrashFiles() = default;
CrashFiles::~CrashFiles() = default;

void CrashFiles::set_faults(Faults faults) {
  const std::lock_guard lock(mutex_);
  faults_ = std::move(faults);
}

void CrashFiles::cut_after(uint64_t operations) {
  const std::lock_guard lock(mutex_);
  cut_ = operations;
}

void CrashFiles::fail_syncs(bool fail) {
  const std::lock_guard lock(mutex_);
  fail_syncs_ = fail;
}

uint64_t CrashFiles::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

bool CrashFiles::step() {
  if (operations_ >= cut_) return false;
  ++operations_;
  return true;
}

// The write in flight when the machine stops is left among the unsynced ones: it may have happened in part.
Status CrashFiles::write(const NodePtr& node, Write change) {
  if (!step()) {
    if (!stopped_in_flight_) node->unsynced.push_back(std::move(change));
    stopped_in_flight_ = true;
    return stopped("");
  }
  if (change.truncates) {
    node->seen.resize(change.offset, '\0');
  } else {
    apply(node->seen, change.offset, change.bytes);
  }
  node->unsynced.push_back(std::move(change));
  return {};
}

std::unique_ptr<CrashFiles> CrashFiles::after_power_loss(uint64_t seed) const {
  const std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  const auto keeps = [&] { return seed == 1 || (seed > 1 && random() % 2 == 0); };
  auto out = std::make_unique<CrashFiles>();
  std::map<std::string, NodePtr> names = durable_;
  for (const NameChange& change : unsynced_names_) {
    if (!keeps()) continue;
    if (!change.from.empty()) names.erase(change.from);
    if (!change.to.empty()) names[change.to] = change.node;
  }
  std::map<NodePtr, NodePtr> copies;
  for (const auto& [path, node] : names) {
    // A name is reachable only if the directories above it are.
    bool reachable = true;
    for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const auto above = names.find(path.substr(0, slash));
      reachable = reachable && above != names.end() && above->second->directory;
    }
    if (!reachable) continue;
    NodePtr& copy = copies[node];
    if (!copy) {
      copy = std::make_shared<Node>();
      copy->directory = node->directory;
      copy->durable = node->durable;
      for (const Write& change : node->unsynced) {
        if (change.truncates) {
          if (keeps()) copy->durable.resize(change.offset, '\0');
          continue;
        }
        const bool whole = keeps();
        for (size_t at = 0; at < change.bytes.size(); at += kTornBytes) {
          if (seed > 1 ? (whole ? random() % 8 != 0 : random() % 8 == 0) : whole) {
            apply(copy->durable, change.offset + at, std::string_view(change.bytes).substr(at, kTornBytes));
          }
        }
      }
      copy->seen = copy->durable;
    }
    out->durable_[path] = copy;
  }
  out->seen_ = out->durable_;
  return out;
}

std::unique_ptr<CrashFiles> CrashFiles::after_kill() const {
  const std::lock_guard lock(mutex_);
  auto out = std::make_unique<CrashFiles>();
  std::map<NodePtr, NodePtr> copies;
  const auto copy = [&copies](const NodePtr& node) {
    NodePtr& made = copies[node];
    if (!made && node) made = std::make_shared<Node>(*node);
    return made;
  };
  for (const auto& [path, node] : seen_) out->seen_[path] = copy(node);
  for (const auto& [path, node] : durable_) out->durable_[path] = copy(node);
  for (const NameChange& change : unsynced_names_) {
    out->unsynced_names_.push_back({change.from, change.to, copy(change.node)});
  }
  return out;
}

std::vector<std::string> CrashFiles::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [path, node] : seen_) {
    if (!node->directory) out.push_back(path);
  }
  return out;
}

std::string CrashFiles::bytes(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(path);
  return found == seen_.end() ? "" : found->second->seen;
}

void CrashFiles::set_bytes(const std::string& path, std::string bytes) {
  const std::lock_guard lock(mutex_);
  NodePtr& node = seen_[path];
  if (!node) node = std::make_shared<Node>();
  node->seen = node->durable = std::move(bytes);
  node->unsynced.clear();
  durable_[path] = node;
}

Result<std::unique_ptr<File>> CrashFiles::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  auto found = seen_.find(path);
  if (found != seen_.end() && (mode == OpenMode::create_secret || found->second->directory)) {
    return unavailable("cannot be opened", path);
  }
  if (found == seen_.end()) {
    if (mode == OpenMode::read) return missing(path);
    if (!step()) return stopped(path);
    found = seen_.emplace(path, std::make_shared<Node>()).first;
    unsynced_names_.push_back({"", path, found->second});
  }
  return std::unique_ptr<File>(std::make_unique<OpenFile>(*this, path, found->second));
}

Status CrashFiles::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(from);
  if (found == seen_.end()) return missing(from);
  if (!step()) return stopped(from);
  const NodePtr node = found->second;
  seen_.erase(found);
  seen_[to] = node;
  unsynced_names_.push_back({from, to, node});
  return {};
}

Status CrashFiles::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(path);
  if (found == seen_.end()) return missing(path);
  if (!step()) return stopped(path);
  unsynced_names_.push_back({path, "", nullptr});
  seen_.erase(found);
  return {};
}

Result<bool> CrashFiles::make_dir(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (seen_.contains(path)) return false;
  if (!step()) return stopped(path);
  NodePtr& node = seen_[path];
  node = std::make_shared<Node>();
  node->directory = true;
  unsynced_names_.push_back({"", path, node});
  return true;
}

Status CrashFiles::sync_dir(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (fail_syncs_) return unavailable("input/output error", path);
  if (!step()) return stopped(path);
  if (!faults_.ignore_sync_dir_of.empty() && path.find(faults_.ignore_sync_dir_of) != std::string::npos)
    return {};
  std::vector<NameChange> left;
  for (NameChange& change : unsynced_names_) {
    if (parent_path(change.to.empty() ? change.from : change.to) != path) {
      left.push_back(std::move(change));
      continue;
    }
    if (!change.from.empty()) durable_.erase(change.from);
    if (!change.to.empty()) durable_[change.to] = change.node;
  }
  unsynced_names_ = std::move(left);
  return {};
}

Result<std::vector<DirEntry>> CrashFiles::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto found = seen_.find(path); found == seen_.end() || !found->second->directory)
    return missing(path);
  std::vector<DirEntry> out;
  for (const auto& [name, node] : seen_) {
    if (parent_path(name) == path) out.push_back({name.substr(path.size() + 1), node->directory});
  }
  return out;
}

Result<std::unique_ptr<FileLock>> CrashFiles::lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  bool& held = locked_[path];
  if (held) return Error{Code::denied, "another weir is running on this directory", path, "stop it first"};
  held = true;
  return std::unique_ptr<FileLock>(std::make_unique<HeldLock>(mutex_, held));
}

}  // namespace weir::ledger
