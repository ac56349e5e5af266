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

  // Can it be what the entry wants? Not with another network, files of the proxy's, an observer, a terminal,
  // nor where a profile names what is the system's.
  static bool suits(const Entry& entry);
  // Is it still what would be made now? Not where something of the system was replaced or mounted meanwhile.
  bool is_fresh();
  // As sandbox::rehearse(), for who will use it.
  void rehearse(int socket);
  // Hands it the entry, and its standard input, output and error: it does all but start the command. False:
  // it takes none; use it no more.
  bool give(const Entry& entry, const int (&standard)[3]) const;
  // Has it start the command.
  bool go() const;

  struct Process {
    pid_t pid = -1;
    Fd process = Fd(), report = Fd();  // a pidfd; the supervisor's end
  };
  Process release();

 private:
  explicit Spare(Process process) : process_(std::move(process)) {}

  struct Place {  // a path of the system's, as it was
    dev_t device = 0;
    ino_t inode = 0;       // 0: nothing is there
    int64_t linked_s = 0;  // of a link, when it was made
    int64_t linked_ns = 0;
    bool operator==(const Place&) const = default;
  };
  static std::vector<Place> look();
  static bool has_system(const Plan& plan);

  Process process_;
  Fd mounts_ = Fd();      // of the host: poll(2) tells of a change, once
  bool changed_ = false;  // it has
  std::vector<Place> places_ =
      {};  // as system_binds(). A mount keeps its inode's number from being given anew
};

}  // namespace weir::sandbox
