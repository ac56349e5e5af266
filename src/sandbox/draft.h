// Draft: the smallest profile that a run seems to need, from what its programs asked for. Pure.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sandbox/observe.h"
#include "sandbox/plan.h"

namespace weir::sandbox {

// What was asked for in one run and is outside, but not in the sandbox.
struct Asked {
  std::set<std::string> read, write, look;
  std::set<std::string> secret;  // of these, what a sandbox never shows unasked
  std::set<std::string> system;  // what it wanted to write of the system's, and its command does not name
};

// Collects the touches of a run under a plan.
class Asking {
 public:
  // `words`: the command's, in which a path of scratch space may be meant as the one outside. `kind` is of
  // the machine outside.
  Asking(const Plan& plan, std::vector<std::string> words, std::vector<std::string> secrets,
         std::function<Kind(const std::string&)> kind)
      : plan_(plan), words_(std::move(words)), secrets_(std::move(secrets)), kind_(std::move(kind)) {}

  void touch(Touch touch, const std::string& path);
  const Asked& asked() const { return asked_; }

 private:
  bool readable(const std::string& path) const;
  bool writable(const std::string& path) const;
  bool is_named(const std::string& path) const;

  const Plan& plan_;
  const std::vector<std::string> words_;
  const std::vector<std::string> secrets_;
  const std::function<Kind(const std::string&)> kind_;
  std::set<std::string> made_;  // in scratch space, by the run itself
  Asked asked_;
};

// The paths as a person would grant them: what the command's words name stands for what is in it, a project
// or a package for its files, a folder for several of its files. Never the home, "/" or what is right below
// it.
std::vector<std::string> as_grants(const std::set<std::string>& paths, const std::vector<std::string>& words,
                                   const std::string& home,
                                   const std::function<Kind(const std::string&)>& kind);

// [sandbox.NAME] as TOML: what `profile` has beyond `like`. `without`: paths that were asked for and done
// without.
std::string profile_text(std::string_view name, const Profile& like, const Profile& profile,
                         const std::string& home, const std::set<std::string>& without);

}  // namespace weir::sandbox
