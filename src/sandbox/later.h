// Later: files that run later, outside of any sandbox: git's hooks and configuration, agents' and editors'
// settings, shells' start-up files. A command that may write to a folder could leave its orders there.
//
// What there is of them under the granted folders stays as it is: each is mounted read-only over itself, and
// so are, writable, the folders on the way, so that none can be moved away. What a command makes anew cannot
// be kept from coming to be; the supervisor moves it aside: at once at the top of a granted folder,
// everywhere else when the command has ended.
//
// Not covered: a program of the host that reads a new one before it is moved aside; more than
// kScanEntriesMax entries (the ones nearest to the top are looked at first); a kept file that
// a program of the host replaces while the sandbox runs; what else a project runs by itself (its tests, its
// build files).
#pragma once

#include <ctime>
#include <set>
#include <string>
#include <vector>

#include "sandbox/plan.h"

namespace weir::sandbox {

inline constexpr size_t kScanEntriesMax = 50'000;  // of one writable folder

// Is a file or folder of this name one that runs later, wherever it is?
bool runs_later(std::string_view name);

class Later {
 public:
  // Looks through the writable folders of the plan.
  explicit Later(const Plan& plan);

  // The plan with what is there kept as it is, but for what it grants by its own name.
  Plan keep() const;

  // While the command runs: moves aside what was made at the top. Costs next to nothing where nothing was.
  // (No inotify: closing one takes the kernel 20 ms.) The new names.
  std::vector<std::string> look();
  // After the command: moves aside all that was made. The new names.
  std::vector<std::string> sweep();

 private:
  struct Root {
    std::string path;
    timespec changed = {};  // when an entry of it was last made or removed
  };

  bool is_new(const std::string& path) const;

  const Plan& plan_;
  std::vector<Root> roots_;
  std::set<std::string> there_;  // what was there before
};

}  // namespace weir::sandbox
