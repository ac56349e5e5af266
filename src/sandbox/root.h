// Root: the file tree that every sandbox begins with: an empty tmpfs with a /dev and a /proc, whatever the
// plan. Made in the mount namespace of the sandbox's first process, where no path leads to it until it is
// entered: it lies on top of "/", which lookups that begin there do not see.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "sandbox/fd.h"
#include "sandbox/plan.h"
#include "sandbox/stage.h"

namespace weir::sandbox {

// mount_setattr(2) of a mount by descriptor: these MOUNT_ATTR_ on top, and private. False, with errno.
bool set_attributes(int mount, uint64_t attributes, bool recursive);

class Root {
 public:
  // What no plan changes. The failure, if any; the functions below may not be called then.
  std::optional<Failure> make();
  // What a plan changes of it: the bounds of its memory, terminals, and /proc, which is read-only from then
  // on.
  std::optional<Failure> fit(const Plan& plan);
  // Becomes the root of this process, and "/" its folder; the old one is let go.
  std::optional<Failure> enter();

  int fd() const { return root_.get(); }
  int proc() const { return proc_.get(); }

  // In the tmpfs, its own folders on the way. Nothing is ever made within a tree that was placed: true then.
  // False, with errno.
  bool folder(const std::string& path, mode_t mode);
  bool file(const std::string& path, const std::string& text, mode_t mode);
  bool link(const std::string& path, const std::string& to);

  // Moves a mount onto the path, which is there. `resolve`: RESOLVE_ of openat2(2) on the way. False, with
  // errno.
  bool put(int mount, const std::string& path, uint64_t resolve);
  // As put, of a tree of the host's.
  bool place(int mount, const std::string& path);
  // An empty file or folder over what is there; over nothing where nothing is.
  std::optional<Failure> cover(const std::string& path);
  // As folder and put: a part of the tmpfs that can be written to.
  std::optional<Failure> open_scratch(const std::string& path, bool run);

 private:
  bool parents(const std::string& path);
  bool is_own_folder(const std::string& path) const;
  bool within_a_tree(const std::string& path) const;
  std::optional<Failure> make_tmpfs();
  std::optional<Failure> make_covers();
  std::optional<Failure> make_dev();
  std::optional<Failure> make_proc();
  std::optional<Failure> make_terminals();
  void set_kernel(const char* name, const char* value);

  Fd root_ = Fd(), proc_ = Fd();
  std::set<std::string> made_;    // folders of the tmpfs
  std::set<std::string> placed_;  // where trees of the host's are
};

// errno as a Failure.
Failure failure(Stage stage, const std::string& what);

}  // namespace weir::sandbox
