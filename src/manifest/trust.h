// Trust rules: the operator's statements that an origin is trusted, or who may read what comes from it.
//
// A pattern is a principal ("mailto:*@mycorp.example", "file:/srv/docs/**", "https://docs.example/**"), a
// tool
// ("tool:web/fetch", "tool:files/*") or both ("tool:files/* file:/srv/**"). `*` matches within one segment
// (no
// "/"; in an address no "@"), `**` anything. Matching takes time linear in pattern times text.
//
// A principal is normalised before it is compared: "." and ".." in paths are resolved lexically, a mail
// domain and a URL's scheme and host are lower-cased, a default port is dropped. What cannot be read in one
// way only matches no pattern: a URL with user information, an odd host, encoded slashes, a backslash,
// control characters; an address with anything but one "@". A relative path matches no absolute pattern.
//
// Not guaranteed: that a path is not a symbolic link, or that a URL did not redirect.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "label/readers.h"

namespace weir::manifest {

// A principal in the one form in which it is compared and shown: "mailto:bob@x.org" for "mailto:Bob
// <bob@X.org>", "file:/etc" for "file:/srv/../etc". Nothing if it cannot be read in one way only.
std::optional<std::string> normalised_principal(std::string_view principal);

struct TrustRule {
  std::string pattern;
  std::optional<bool> trusted = {};     // integrity = "trusted" or "untrusted"
  std::optional<Readers> readers = {};  // replaces what the manifest says
  std::string where = {};               // "weir.toml:12:1", for explanations
};

// Immutable once filled; then it may be read by many threads.
class TrustRules {
 public:
  // Error: bad_input at rule.where: a pattern without a scheme, one that could match nothing, or a rule that
  // says neither integrity nor readers.
  Status add(TrustRule rule);

  struct Verdict {
    std::optional<bool> trusted = {};     // false where any matching rule says so
    std::optional<Readers> readers = {};  // the intersection of what the matching rules say
    const TrustRule* by = nullptr;        // the rule that decided `trusted`; lives as long as the TrustRules
  };
  // What the rules say of data from `server_tool` ("files/read") with that principal (may be empty).
  // `principal_counts` is false for a principal that nobody checked: then it can match no rule but one that
  // makes it untrusted.
  Verdict judge(std::string_view server_tool, std::string_view principal, bool principal_counts) const;

  size_t size() const { return rules_.size(); }

 private:
  struct Compiled {
    TrustRule rule;
    std::string tool;    // pattern of "server/tool"; empty: any
    std::string scheme;  // of the principal's pattern; empty: any principal or none
    std::string head;    // mailto: whole; URL: host and port; file and others: whole
    std::string path;    // URL only
  };
  static Status compile_principal(const TrustRule& rule, std::string_view pattern, Compiled& out);
  static bool matches_principal(const Compiled& compiled, const std::string& principal);
  std::vector<Compiled> rules_;
};

// `*` matches any run without a character of `segment_ends`, `**` any run. Time at most pattern × text, no
// recursion. Public for its tests.
bool glob_matches(std::string_view pattern, std::string_view text, std::string_view segment_ends);

}  // namespace weir::manifest
