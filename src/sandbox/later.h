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

#include <set>
#include <string>
#include <vector>

#include "sandbox/fd.h"
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

  // What to wait for while the command runs (inotify); -1: nothing.
  int readable() const { return watch_.get(); }
  // Moves aside what was made at the top. The new names.
  std::vector<std::string> take_events();
  // After the command: moves aside all that was made. The new names.
  std::vector<std::string> sweep();

 private:
  struct Root {
    std::string path;
    int watch = -1;
  };

  const Plan& plan_;
  std::vector<Root> roots_;
  std::set<std::string> there_;  // what was there before
  Fd watch_ = Fd();
};

}  // namespace weir::sandbox
