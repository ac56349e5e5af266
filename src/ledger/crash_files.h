// A disk in memory that forgets what was not synced. For tests only.
//
// It keeps, beside what a program sees, what is durable: bytes up to each file's last sync, names up to each
// directory's last sync_dir. cut_after(n) makes operation n + 1 and all later ones fail, as if the machine
// had stopped there; the operation in flight may have happened in part. after_power_loss() is then one of the
// disks that could be found: unsynced writes are kept whole, dropped, or torn at any 16 bytes, unsynced names
// kept or dropped, as `seed` decides. after_kill() is what a new process finds when only the old one died.
//
// Stricter than ext4: every name needs sync_dir, and data and names are kept or dropped independently.
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ledger/files.h"

namespace weir::ledger {

class CrashFiles final : public Files {
 public:
  // Syncs that claim to work and do nothing: faults that a crash test has to notice.
  struct Faults {
    std::string ignore_sync_of;      // files whose path contains this (not empty)
    std::string ignore_sync_dir_of;  // directories whose path contains this (not empty)
  };

  CrashFiles();
  ~CrashFiles() override;

  void set_faults(Faults faults);
  void cut_after(uint64_t operations);
  void fail_syncs(bool fail);   // every sync is an I/O error, without a crash
  uint64_t operations() const;  // that change something or sync, so far

  // Seeds 0 and 1 drop and keep everything unsynced; others are random.
  std::unique_ptr<CrashFiles> after_power_loss(uint64_t seed) const;
  std::unique_ptr<CrashFiles> after_kill() const;

  // Test access without counting.
  std::vector<std::string> paths() const;  // files, as a program sees them
  std::string bytes(const std::string& path) const;
  void set_bytes(const std::string& path, std::string bytes);

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<bool> make_dir(const std::string& path) override;
  Status sync_dir(const std::string& path) override;
  Result<std::vector<DirEntry>> list(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

 private:
  struct Write {
    uint64_t offset;
    std::string bytes;
    bool truncates;  // to `offset`
  };
  struct Node {
    bool directory = false;
    std::string seen;             // a file's bytes as a program sees them
    std::string durable;          // … and as a power loss leaves them at least
    std::vector<Write> unsynced;  // between the two
  };
  using NodePtr = std::shared_ptr<Node>;  // shared by the name maps and open files, as inodes are
  struct NameChange {
    std::string from;  // empty: none went
    std::string to;    // empty: none came
    NodePtr node;
  };
  class OpenFile;
  friend class OpenFile;

  bool step();  // counts an operation; false once the machine has stopped
  Status write(const NodePtr& node, Write change);

  mutable std::mutex mutex_;
  Faults faults_;
  uint64_t operations_ = 0;
  uint64_t cut_ = UINT64_MAX;
  bool fail_syncs_ = false;
  bool stopped_in_flight_ = false;
  std::map<std::string, NodePtr> seen_;
  std::map<std::string, NodePtr> durable_;
  std::vector<NameChange> unsynced_names_;
  std::map<std::string, bool> locked_;
};

}  // namespace weir::ledger
