// ToolFacts: what is known of one tool. Facts, not rules: nothing here allows or forbids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/effect.h"
#include "manifest/pointer.h"

namespace weir::manifest {

// A strict type under which a leaf of a result may be shown to the planner in seal mode.
struct RevealType {
  enum class Kind : uint8_t { boolean, integer, date, enumeration };
  Kind kind = Kind::boolean;
  int64_t min = 0;  // of an integer
  int64_t max = 0;
  std::vector<std::string> values = {};  // of an enumeration
};

struct Reveal {
  PointerPattern pointer;
  RevealType type;
};

// Whose a result is and who may see it.
struct ResultFacts {
  bool trusted = false;
  bool outside = false;  // written by strangers: nothing of the owner's is in it
  Template origin = {};  // the principal; empty: none
  bool readers_given = false;
  bool readers_public = false;
  std::vector<Template> readers = {};              // besides the owner, who always is one
  std::vector<PointerPattern> authenticated = {};  // the server itself checked these
  std::vector<Reveal> reveal = {};
  // Members that every such result has: in seal mode the planner is told their names, never what is in them.
  std::vector<PointerPattern> fields = {};
  PointerPattern record = {};  // the place of one record, ending in "*"; no tokens: the whole result is one

  // The type under which the leaf at this JSON pointer may be revealed, or null.
  const RevealType* reveal_at(std::string_view json_pointer) const;
  bool is_authenticated(const PointerPattern& pointer) const;
};

struct ArgFact {
  PointerPattern pointer;
  ArgRole role;
};

// The default is the conservative one, which also stands for every tool that no manifest declares: all
// effects, every argument authority-bearing, a remote selector, an untrusted result for the owner only.
struct ToolFacts {
  std::string server = {};  // the manifest's first name; empty for an undeclared tool
  std::string tool = {};
  bool declared_by_manifest = false;
  Effects effects = Effects::all();
  std::vector<ArgFact> args = {};
  bool remote = true;  // what it selects by goes to someone else's server: a search service, a fetched URL
  ResultFacts result = {};
  std::string description = {};  // the manifest's own words, never the server's
  std::string verified = {};     // how the facts were checked: "live" or "docs"

  // What the value at this JSON pointer into the arguments decides: the role of the most specific declared
  // place that is it or lies above it, else ArgRole::target. "" is the whole of the arguments, which is also
  // where a custom tool's free text stands. Text that is no pointer: target.
  ArgRole role_of(std::string_view json_pointer_into_args) const;
  // That declared place, or null.
  const ArgFact* fact_of(std::string_view json_pointer_into_args) const;
};

}  // namespace weir::manifest
