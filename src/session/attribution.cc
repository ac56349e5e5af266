#include "session/attribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "seal/substitute.h"
#include "session/source.h"

namespace weir::session {
namespace {

using manifest::ArgRole;

// The form in which a value must stand in trusted text to be vouched for: an amount only as a number, all
// else as what it looks like.
trace::Form form_of(ArgRole role, std::string_view value) {
  if (role == ArgRole::amount) return trace::Form::number;
  if (role == ArgRole::command) return trace::Form::text;
  return trace::form_for(value);
}

// The person's own words vouch in any case. What operators and trusted tools say vouches only for a value
// that untrusted text did not hold first: an agent pastes strangers' values into its prompts.
LabelId vouched_by(const Memory& memory, const Conversation& conversation, ArgRole role,
                   std::string_view value) {
  const trace::Form form = form_of(role, value);
  if (const LabelId label = conversation.person().vouch(value, form); label != kNoLabel) return label;
  const LabelId label = conversation.trusted().vouch(value, form);
  if (label == kNoLabel) return kNoLabel;
  // Unless it was the same source's, which a person has vouched for since.
  if (memory.index->first_seen_untrusted(value) &&
      !same_source(*memory.labels, *memory.vouched_sources, memory.index->taint(value).label, label))
    return kNoLabel;
  // Agents copy what tools say of themselves into their prompts.
  return memory.descriptions->taint(value).spans.empty() ? label : kNoLabel;
}

class Walk {
 public:
  Walk(const Memory& memory, const Conversation& conversation, const manifest::ToolFacts& facts,
       References references)
      : memory_(memory),
        conversation_(conversation),
        facts_(facts),
        seals_(conversation.vault() != nullptr && references == References::resolved),
        exact_(seals_ && conversation.exact(*memory.labels)),
        context_(conversation.planner_label(*memory.labels)) {}

  Leaf leaf(std::string pointer, std::string value, LabelId keys, bool traceable) const {
    Leaf leaf;
    leaf.role = facts_.role_of(pointer);
    leaf.pointer = std::move(pointer);
    leaf.value = std::move(value);
    const LabelId context = context_;
    if (seals_ && traceable) {
      const std::vector<seal::Reference> references = seal::references_in(leaf.value);
      if (!references.empty()) return sealed_leaf(std::move(leaf), references, keys);
    }
    if (exact_) return exact_leaf(std::move(leaf), keys);
    if (is_choice(leaf, traceable)) {
      // It says nothing but which: nobody's text. That the planner may choose as it was told, the context
      // says.
      leaf.label = with_readers_of_context(keys);
      return leaf;
    }
    if (!traceable) {
      leaf.label = memory_.labels->join(context, keys);
      return leaf;
    }
    const trace::Taint taint = tainted(leaf.value);
    const bool authority = manifest::authority_bearing(leaf.role);
    if (authority) {
      if (const LabelId by = vouched_by(memory_, conversation_, leaf.role, leaf.value); by != kNoLabel) {
        leaf.vouched = true;
        leaf.label = memory_.labels->join(memory_.labels->join(by, keys), run_from(leaf));
        return leaf;
      }
      if (const auto* kind = id_kind(leaf)) {
        if (const auto offered = conversation_.offered(*memory_.labels, facts_.server, *kind, leaf.value)) {
          leaf.made = true;
          leaf.offered = offered->by;
          leaf.label = with_readers_of_context(memory_.labels->join(offered->label, keys));
          return leaf;
        }
      }
    }
    if (!authority && said_by_person(leaf)) {
      leaf.label = memory_.labels->join(said_by_person(leaf).value(), keys);
      return leaf;
    }
    leaf.traced = taint.label;
    leaf.copied = taint.label != kNoLabel && !memory_.labels->trusted(taint.label);
    // A value that is a copy from end to end came from where it was copied from; otherwise the planner wrote
    // the rest, in its context.
    const bool whole = leaf.copied && covers(taint, leaf.value);
    leaf.label = authority && whole ? taint.label : memory_.labels->join(context, taint.label);
    leaf.label = memory_.labels->join(memory_.labels->join(leaf.label, keys), run_from(leaf));
    if (authority && whole) leaf.label = with_readers_of_context(leaf.label);
    return leaf;
  }

  Status walk(json::Value root) {
    // An explicit stack: depth is bounded by the parser, but hostile depth should cost heap, not stack.
    struct Open {
      json::Value value;
      std::string pointer;
      LabelId keys;
    };
    std::vector<Open> open{{root, "", kNoLabel}};
    while (!open.empty()) {
      const Open at = std::move(open.back());
      open.pop_back();
      std::vector<Open> inner;
      for (const json::Member& member : at.value.members()) {
        if (seals_ && !seal::references_in(member.key).empty())
          return bad_input("a reference cannot stand in a member's name", at.pointer);
        // A key that was copied from untrusted text labels what stands under it; what the manifest calls so
        // was not.
        std::string below = at.pointer + "/" + json::pointer_token(member.key);
        const LabelId key =
            is_declared(below, member.key) ? kNoLabel : memory_.index->taint(member.key).label;
        inner.push_back({member.value, std::move(below), memory_.labels->join(at.keys, key)});
      }
      size_t index = 0;
      for (const json::Value element : at.value.elements()) {
        inner.push_back({element, fmt::format("{}/{}", at.pointer, index++), at.keys});
      }
      if (!inner.empty()) {
        open.insert(open.end(), std::make_move_iterator(inner.rbegin()),
                    std::make_move_iterator(inner.rend()));
        if (open.size() + leaves_.size() > limits::kCallLeavesMax) return too_many();
        continue;
      }
      if (at.pointer.empty() && at.value.is_object()) continue;  // a call without arguments
      if (leaves_.size() == limits::kCallLeavesMax) return too_many();
      const bool traceable = at.value.is_string() || at.value.is_number();
      leaves_.push_back(
          leaf(at.pointer, std::string(at.value.string_or(at.value.raw())), at.keys, traceable));
      if (!unknown_.empty())
        return bad_input(fmt::format("{} was never given out", unknown_), at.pointer,
                         "use a reference that a result of this conversation shows");
    }
    return {};
  }

  std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  static Error too_many() {
    return too_large(fmt::format("more than {} values in the arguments of one call", limits::kCallLeavesMax));
  }

  // The manifest itself has a member of this name here.
  bool is_declared(const std::string& pointer, std::string_view key) const {
    const manifest::ArgFact* fact = facts_.fact_of(pointer);
    const auto depth = static_cast<size_t>(std::count(pointer.begin(), pointer.end(), '/'));
    return fact != nullptr && fact->pointer.tokens.size() == depth && fact->pointer.tokens.back() == key;
  }

  Leaf sealed_leaf(Leaf leaf, const std::vector<seal::Reference>& references, LabelId keys) const {
    leaf.sealed = leaf.copied = true;
    leaf.whole = references.size() == 1 && references[0].begin == 0 && references[0].end == leaf.value.size();
    if (made_leaf(leaf, references, keys)) return leaf;
    leaf.label = memory_.labels->join(context_, keys);
    if (references.size() > limits::kReferencesPerLeafMax) {
      unknown_ = fmt::format("one of more than {} references in one value", limits::kReferencesPerLeafMax);
      return leaf;
    }
    for (const seal::Reference& reference : references) {
      const seal::SealedPtr value = conversation_.sealed(reference.number);
      if (value == nullptr) {
        unknown_ = reference.text();
        return leaf;
      }
      const LabelId label =
          vouched_label(*memory_.labels, *memory_.vouches, conversation_.session(), reference.number, *value);
      leaf.label = memory_.labels->join(leaf.label, label);
      leaf.traced = memory_.labels->join(leaf.traced, label);
    }
    leaf.written = leaf.value;
    leaf.copied = !memory_.labels->trusted(leaf.traced);
    leaf.value = seal::substitute_text(leaf.value, [&](const seal::Reference& reference) {
      return std::optional(seal::resolve(*conversation_.sealed(reference.number), reference.path));
    });
    return leaf;
  }

  // The kind of id that an argument takes, or null.
  const std::string* id_kind(const Leaf& leaf) const {
    const manifest::ArgFact* fact = facts_.fact_of(leaf.pointer);
    return fact == nullptr || fact->id_kind.empty() ? nullptr : &fact->id_kind;
  }

  // A reference to an id. The planner chose it as it chooses what it writes: by what it was told before.
  bool made_leaf(Leaf& leaf, const std::vector<seal::Reference>& references, LabelId keys) const {
    const auto* wanted = id_kind(leaf);
    if (!leaf.whole || wanted == nullptr) return false;
    const seal::SealedPtr value = conversation_.sealed(references[0].number);
    const std::string* kind = value == nullptr ? nullptr : value->id_kind(references[0].path);
    if (kind == nullptr || *kind != *wanted) return false;
    leaf.made = true;
    leaf.copied = false;
    leaf.offered = leaf.traced = value->label;
    leaf.label = memory_.labels->join(value->ids_label, keys);
    const LabelId revealed = conversation_.vault()->revealed();
    const bool before = conversation_.planner().vouch(leaf.value, trace::Form::text) != kNoLabel;
    if (revealed != kNoLabel && !before) leaf.label = memory_.labels->join(leaf.label, revealed);
    leaf.label = with_readers_of_context(leaf.label);
    leaf.written = std::exchange(leaf.value, seal::resolve(*value, references[0].path).text);
    return true;
  }

  // One of two or of a few values, which the manifest names.
  bool is_choice(const Leaf& leaf, bool traceable) const {
    if (leaf.role != ArgRole::selector && leaf.role != ArgRole::target && leaf.role != ArgRole::amount)
      return false;
    if (!traceable) return leaf.value == "true" || leaf.value == "false";
    const manifest::ArgFact* fact = facts_.fact_of(leaf.pointer);
    return fact != nullptr &&
           std::find(fact->choices.begin(), fact->choices.end(), leaf.value) != fact->choices.end();
  }

  // Payload that stands whole in the person's own words may go where these words send it, whatever else the
  // planner has read since. A word of a few letters says nothing.
  std::optional<LabelId> said_by_person(const Leaf& leaf) const {
    if (leaf.value.size() < 4) return std::nullopt;
    const LabelId label = conversation_.person().vouch(leaf.value, trace::Form::text);
    return label == kNoLabel ? std::nullopt : std::optional(label);
  }

  // What the planner wrote itself, having been shown nothing untrusted but by counted reveals.
  Leaf exact_leaf(Leaf leaf, LabelId keys) const {
    leaf.label = memory_.labels->join(context_, keys);
    // The owner's own text, which the planner was shown, keeps its readers.
    for (const trace::Span& span : memory_.index->taint(leaf.value).spans) {
      if (memory_.labels->trusted(span.label)) leaf.traced = memory_.labels->join(leaf.traced, span.label);
    }
    const LabelId revealed = conversation_.vault()->revealed();
    if (!manifest::authority_bearing(leaf.role)) {
      // So may what the planner wrote before anything was revealed.
      const LabelId before = conversation_.planner().vouch(leaf.value, trace::Form::text);
      const auto said = said_by_person(leaf);
      if (said || before != kNoLabel) leaf.label = memory_.labels->join(said.value_or(before), keys);
      return leaf;
    }
    const trace::Form form = form_of(leaf.role, leaf.value);
    const auto by = [&](const trace::Vouchers& vouchers) { return vouchers.vouch(leaf.value, form); };
    LabelId vouched = by(conversation_.person());
    if (vouched == kNoLabel) vouched = by(conversation_.trusted());
    leaf.vouched = vouched != kNoLabel;
    if (leaf.vouched) {
      leaf.label = memory_.labels->join(vouched, keys);
    } else if (revealed != kNoLabel && by(conversation_.planner()) == kNoLabel) {
      leaf.label = memory_.labels->join(leaf.label, revealed);
    }
    leaf.label = memory_.labels->join(leaf.label, run_from(leaf));
    return leaf;
  }

  // What was seen, and what tools say of themselves.
  trace::Taint tainted(std::string_view value) const {
    trace::Taint taint = memory_.index->taint(value);
    // What a trusted skill says, once it was read whole.
    if (!memory_.labels->trusted(taint.label)) {
      taint.label = settled(*memory_.labels, *memory_.vouched_sources, taint.label, context_);
      for (trace::Span& span : taint.spans)
        span.label = settled(*memory_.labels, *memory_.vouched_sources, span.label, context_);
    }
    trace::Taint described = memory_.descriptions->taint(value);
    if (described.spans.empty()) return taint;
    taint.label = memory_.labels->join(taint.label, described.label);
    taint.spans.insert(taint.spans.end(), described.spans.begin(), described.spans.end());
    std::sort(taint.spans.begin(), taint.spans.end(),
              [](const trace::Span& a, const trace::Span& b) { return a.begin < b.begin; });
    return taint;
  }

  // A command runs, or reads, what was written to the files that it names.
  LabelId run_from(const Leaf& leaf) const {
    if (leaf.role != ArgRole::command || memory_.places->empty()) return kNoLabel;
    LabelId label = kNoLabel;
    size_t at = 0;
    while (at < leaf.value.size()) {
      const size_t end = std::min(leaf.value.find_first_of(" \t\r\n\"'<>|;&=()", at), leaf.value.size());
      if (end > at)
        label = memory_.labels->join(
            label, memory_.places->named(std::string_view(leaf.value).substr(at, end - at)));
      at = end + 1;
    }
    return label;
  }

  // All but white space and quotes of `value` lies within the spans.
  static bool covers(const trace::Taint& taint, std::string_view value) {
    size_t at = 0;
    const auto blank = [&](size_t begin, size_t end) {
      return value.substr(begin, end - begin).find_first_not_of(" \t\r\n\"'<>()[],;") ==
             std::string_view::npos;
    };
    for (const trace::Span& span : taint.spans) {
      if (span.begin > at && !blank(at, span.begin)) return false;
      at = std::max(at, span.end);
    }
    return blank(at, std::max(at, value.size()));
  }

  // In guard mode the planner may encode anything that it was shown into what it writes.
  LabelId with_readers_of_context(LabelId label) const {
    Label narrowed = memory_.labels->get(label);
    narrowed.readers = narrowed.readers.joined(memory_.labels->get(context_).readers);
    return memory_.labels->intern(narrowed);
  }

  const Memory& memory_;
  const Conversation& conversation_;
  const manifest::ToolFacts& facts_;
  const bool seals_;
  const bool exact_;
  const LabelId context_;
  std::vector<Leaf> leaves_;
  mutable std::string unknown_;
};

}  // namespace

Result<std::vector<Leaf>> attribute(const Memory& memory, const Conversation& conversation,
                                    const manifest::ToolFacts& facts, json::Value arguments,
                                    References references) {
  Walk walk(memory, conversation, facts, references);
  WEIR_TRY(walk.walk(arguments));
  return walk.take();
}

Leaf attribute_text(const Memory& memory, const Conversation& conversation, const manifest::ToolFacts& facts,
                    std::string_view text) {
  return Walk(memory, conversation, facts, References::resolved).leaf("", std::string(text), kNoLabel, true);
}

LabelId joined_label(Labels& labels, const std::vector<Leaf>& leaves) {
  LabelId label = kNoLabel;
  for (const Leaf& leaf : leaves) label = labels.join(label, leaf.label);
  return label;
}

}  // namespace weir::session
