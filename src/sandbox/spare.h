// Spare: the first process of a sandbox that is made before anybody wants one. Namespaces, network, identity
// and an empty tree take most of the time that a sandbox takes, and no plan changes them; the spare has them,
// and waits for a plan. What the plan grants is looked at when it comes.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/inside.h"

namespace weir::sandbox {

class Spare {
 public:
  // Nothing where no process can be made; what else is missing is told by its report, once it is used. The
  // caller must have one thread, and outlive it: it ends with its maker.
  static std::optional<Spare> make();
  Spare(Spare&& other) noexcept;
  Spare(const Spare&) = delete;
  Spare& operator=(const Spare&) = delete;
  ~Spare();  // ends it, unless it was released

  // Is it what would be made for the entry now? Not where something of the system was replaced or mounted
  // meanwhile, nor for what it cannot be told: another network, files of the proxy's, an observer, a
  // terminal.
  bool fits(const Entry& entry) const;
  // Hands it the entry, and its standard input, output and error. False: it takes none; use it no more.
  bool give(const Entry& entry, const int (&standard)[3]) const;

  struct Process {
    pid_t pid = -1;
    Fd process = Fd(), report = Fd();  // a pidfd; the supervisor's end
  };
  Process release();

 private:
  explicit Spare(Process process) : process_(std::move(process)) {}

  struct Place {  // a path of the system's, as it was
    dev_t device = 0;
    ino_t inode = 0;  // 0: nothing is there
    std::string link = {};
    bool operator==(const Place&) const = default;
  };
  static std::vector<Place> look();
  static bool has_system(const Plan& plan);

  Process process_;
  Fd mounts_ = Fd();  // of the host: poll(2) tells of a change
  std::vector<Place> places_ =
      {};  // as system_binds(). A mount keeps its inode's number from being given anew
};

}  // namespace weir::sandbox
