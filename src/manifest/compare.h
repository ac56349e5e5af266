// What a manifest lacks, and has too much, beside what a server really lists.
//
// Missing: a tool or an argument that the server has and the manifest does not speak of; it is decided by the
// conservative facts until somebody writes it down. Drifted: what the manifest speaks of and the server no
// longer has, or what the server says of itself that is worse than the manifest. A server's word that it is
// better than the manifest says is no finding. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "manifest/manifests.h"

namespace weir::manifest {

struct Gap {
  enum class Kind : uint8_t {
    no_manifest,         // nothing speaks of the server
    missing_tool,        // missing
    missing_argument,    // missing
    worse_than_written,  // drifted: by its annotations
    gone_tool,           // drifted
    gone_argument,       // drifted
  };
  Kind kind = Kind::missing_tool;
  std::string tool = {};
  std::string argument = {};

  // Something that the manifest must still learn.
  bool missing() const { return kind <= Kind::missing_argument; }
  // One line for people: "tool \"x\" is not in the manifest".
  std::string says() const;
};

// "no-manifest", "missing-tool", …
std::string_view gap_name(Gap::Kind kind);

// `entries` are those of the server's tools/list. In the order of the list; what is gone comes last.
std::vector<Gap> compare(const Manifests& manifests, std::string_view server,
                         const std::vector<json::Value>& entries);

}  // namespace weir::manifest
