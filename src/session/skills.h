// Skills that weir knows: whose words they are when a client puts them into a conversation.
//
// All their text is untrusted to trace, under the origin skill:NAME@DIGEST, so that any part of it is known
// wherever it turns up. Only where a whole file of a trusted skill stands (or the whole body of its SKILL.md,
// or its description), letter for letter, do these words have the skill's own, trusted label: then it says
// what was signed, no more and no less. Lines may have numbers before them, as agents show files.
//
// A trusted skill is trusted for what it was granted: for_call() makes its origin untrusted for any other
// call.
//
// Not guaranteed: that such words stand there because somebody wanted them followed. One thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "label/label.h"
#include "manifest/tool_facts.h"

namespace weir::trace {
class Index;
}

namespace weir::session {

struct KnownSkill {
  std::string name;
  std::string origin;  // "pdf@1f2e3d4c5b6a7988"
  bool trusted = false;
  std::vector<std::string> tools = {};    // patterns of "server/tool" that its words may ask for
  std::vector<std::string> effects = {};  // that such calls may have
  std::string description = {};
  std::vector<std::string> texts = {};  // of its files, SKILL.md's body among them
};

class KnownSkills {
 public:
  explicit KnownSkills(Labels& labels) : labels_(labels) {}

  // All of them; replaces what was known. `index` learns their text, once.
  void set(std::vector<KnownSkill> skills, trace::Index* index);
  bool empty() const { return skills_.empty(); }

  struct Span {
    size_t begin;
    size_t end;
    LabelId label;  // the trusted skill's
    const KnownSkill* skill;
  };
  // Where trusted skills' whole texts stand, in order, apart from each other. Time linear in the text but for
  // what repeats a skill's beginning.
  std::vector<Span> find(std::string_view text) const;
  // What clients put around a skill's text and nobody else wrote: "<skill>", "<name>pdf</name>", its path.
  static bool is_frame(std::string_view rest, const KnownSkill& skill);
  // The trusted skill whose frame alone this is, or null: "Launching skill: pdf".
  const KnownSkill* announced(std::string_view text) const;
  LabelId label_of(const KnownSkill& skill) const;

  // The label as it counts for a call of that tool.
  LabelId for_call(LabelId label, std::string_view server_tool, const manifest::ToolFacts& tool) const;

 private:
  struct Text {
    const KnownSkill* skill;
    std::vector<std::string> lines;
  };
  void add_text(const KnownSkill& skill, std::string_view text);

  Labels& labels_;
  std::vector<KnownSkill> skills_;
  std::unordered_multimap<std::string, Text> by_first_line_;
};

}  // namespace weir::session
