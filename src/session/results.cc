// What tools returned: labelled record by record, and in seal mode kept from the planner.
#include <algorithm>
#include <set>
#include <string>

#include "base/limits.h"
#include "manifest/label_result.h"
#include "manifest/said_labels.h"
#include "session/attribution.h"
#include "session/rewriting.h"
#include "session/source.h"
#include "session/workspace.h"

namespace weir::session {
namespace {

using manifest::LabelledText;

// JSON that was taken apart: its leaves speak for it. What stands between them (names, brackets) is alike in
// any two records, and is no copy.
bool taken_apart(const std::vector<LabelledText>& pieces, size_t raw) {
  return raw + 1 < pieces.size() && pieces[raw + 1].form != LabelledText::Form::raw &&
         pieces[raw + 1].text_index == pieces[raw].text_index;
}

// A trusted tool may echo what a stranger wrote; then that is the stranger's still, and with it the record.
void join_copies(const trace::Index& index, const manifest::TrustRules& vouched, Labels& labels,
                 std::vector<LabelledText>& pieces) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].form != LabelledText::Form::raw || !labels.trusted(pieces[i].label)) continue;
    size_t end = i + 1;
    while (end < pieces.size() && pieces[end].form != LabelledText::Form::raw) ++end;
    LabelId copied = kNoLabel;
    for (size_t k = taken_apart(pieces, i) ? i + 1 : i; k < end; ++k) {
      for (const trace::Span& copy : index.copies(pieces[k].text)) {
        if (!same_source(labels, vouched, copy.label, pieces[i].label))
          copied = labels.join(copied, copy.label);
      }
    }
    if (copied == kNoLabel || labels.trusted(copied)) continue;
    for (size_t k = i; k < end; ++k) pieces[k].label = labels.join(pieces[k].label, copied);
  }
}

// What nobody vouches for may be from any host that the server has spoken to. What the operator trusts of the
// tool stays so, unless a rule says that such a host is not trusted.
void join_reached(const std::set<std::string>& reached, const std::string& tool,
                  const manifest::TrustRules& trust, Labels& labels, std::vector<LabelledText>& pieces) {
  LabelId hosts = kNoLabel, distrusted = kNoLabel;
  for (const std::string& host : reached) {
    const auto judged = trust.judge(tool, host, true).trusted;
    const LabelId label =
        labels.intern(Label::of(Origin::tool(tool, host, judged.value_or(false)), Readers::everyone()));
    hosts = labels.join(hosts, label);
    if (judged == false) distrusted = labels.join(distrusted, label);
  }
  for (LabelledText& piece : pieces)
    piece.label = labels.join(piece.label, labels.trusted(piece.label) ? distrusted : hosts);
}

// Of what the server made up in its answer: the server's, unless the operator says otherwise, and of whoever
// chose what was asked for. What the call had as payload had no part in it.
LabelId label_of_ids(Labels& labels, const manifest::TrustRules& trust, std::string_view tool,
                     const std::vector<Leaf>& leaves) {
  const bool trusted = trust.judge(tool, "", true).trusted.value_or(true);
  LabelId label = labels.intern(Label::of(Origin::tool(std::string(tool), {}, trusted), Readers::everyone()));
  for (const Leaf& leaf : leaves) {
    if (manifest::authority_bearing(leaf.role) && !labels.trusted(leaf.label))
      label = labels.join(label, leaf.label);
  }
  return label;
}

// A number in a trusted record vouches for an amount only where it is one: an id, a count or a year is not.
bool may_vouch(const LabelledText& leaf) {
  if (leaf.text.empty() || leaf.text.find_first_not_of("0123456789.-+eE") != std::string::npos) return true;
  const std::string_view name = std::string_view(leaf.pointer).substr(leaf.pointer.rfind('/') + 1);
  for (const std::string_view money :
       {"amount", "price", "total", "sum", "balance", "fee", "cost", "value"}) {
    if (name.find(money) != std::string_view::npos) return true;
  }
  return false;
}

// What a sealed value is called where nobody may see what is in it: the call, in the planner's own words.
std::string source_of(const Called* called, const Labels& labels) {
  if (called == nullptr) return {};
  const std::string& arguments = called->own.empty() ? called->arguments : called->own;
  const bool own = !called->own.empty() || labels.trusted(called->label);
  if (!own || arguments.size() > limits::kSourceBytesMax) return called->tool;
  return called->tool + " " + arguments;
}

}  // namespace

// What a result has of the arguments of its call.
Workspace::OfCall Workspace::of_call(const Conversation& conversation, const Called& called,
                                     const manifest::ToolFacts& facts, json::Value arguments,
                                     const Rules& rules) {
  OfCall of{labels_.trusted(called.label) ? kNoLabel : called.label, kNoLabel};
  if (!arguments.exists() || (places_.empty() && facts.result.ids.empty())) return of;
  const auto own = json::parse(called.own);
  const auto leaves = own ? attribute(memory(), conversation, facts, own->root())
                          : attribute(memory(), conversation, facts, arguments, References::text);
  if (!leaves) return of;
  const std::string server = called.tool.substr(0, called.tool.find('/'));
  of.label = labels_.join(of.label, places_.read(server, places_of(server, *leaves)));
  if (!facts.result.ids.empty()) of.ids = label_of_ids(labels_, *rules.trust, called.tool, *leaves);
  return of;
}

// Further calls that it may belong to: what is true of it as the result of any of them. `alike`: what
// strangers outside wrote has one label whatever it says (see label_result.h), as it has as the result of its
// own call.
Workspace::OfCall Workspace::of_other_calls(const Conversation& conversation, const exchange::Result& result,
                                            const Rules& rules, bool alike) {
  OfCall all{kNoLabel, kNoLabel};
  for (const std::string& id : result.other_calls) {
    const Called* called = conversation.called(id);
    if (called == nullptr) continue;
    const manifest::ToolFacts& facts = rules.manifests->facts(called->tool);
    const auto arguments = json::parse(called->arguments.empty() ? std::string("{}") : called->arguments);
    const json::Value root = arguments ? arguments->root() : json::Value();
    const OfCall of = of_call(conversation, *called, facts, root, rules);
    all.label = labels_.join(all.label, of.label);
    all.ids = labels_.join(all.ids, of.ids);
    for (const LabelledText& piece :
         manifest::label_result(facts, called->tool, root, result, *rules.trust, labels_, alike))
      all.label = labels_.join(all.label, piece.label);
  }
  return all;
}

void Workspace::label_result(Conversation& conversation, const exchange::Result& result, size_t part,
                             const Rules& rules) {
  const Called* called = conversation.called(result.call_id);
  const std::string tool = called != nullptr ? called->tool : rules.tool_name(result.name);
  // A result for a call that nobody made is a stranger's text.
  static const manifest::ToolFacts kUnknown;
  const manifest::ToolFacts& facts = called != nullptr ? rules.manifests->facts(tool) : kUnknown;
  const auto arguments =
      json::parse(called != nullptr && !called->arguments.empty() ? called->arguments : std::string("{}"));
  const json::Value root = arguments ? arguments->root() : json::Value();
  Rewriting rewriting(labels_, conversation, part, rules);
  OfCall of = of_other_calls(conversation, result, rules, rewriting.on());
  if (called != nullptr) {
    const OfCall own = of_call(conversation, *called, facts, root, rules);
    of = {labels_.join(of.label, own.label), labels_.join(of.ids, own.ids)};
  }
  const auto [inherited, ids_label] = of;
  std::vector<LabelledText> pieces =
      manifest::label_result(facts, tool, root, result, *rules.trust, labels_, rewriting.on());
  trust_skills(pieces);
  if (rules.said != nullptr)
    manifest::apply_said(*rules.said, rules.believed, facts, tool, *rules.trust, labels_, result.texts.size(),
                         pieces);
  for (LabelledText& piece : pieces) piece.label = labels_.join(piece.label, inherited);
  if (rules.reached != nullptr) join_reached(*rules.reached, tool, *rules.trust, labels_, pieces);
  if (rewriting.on()) {
    join_copies(index_, vouched_sources_, labels_, pieces);
    seal_result(conversation, result, part, facts, tool, pieces, *rules.sealing, ids_label);
  }
  if (ids_label != kNoLabel && !result.is_error) note_ids(conversation, facts, pieces, ids_label);
  // Joined among themselves first: a label that held the context so far would be made for each record.
  std::vector<LabelId> all;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const LabelledText& piece = pieces[i];
    const LabelId label = piece.label;
    if (!rewriting.on() && (all.empty() || all.back() != label)) all.push_back(label);
    if (!labels_.trusted(label)) {
      // What stands in a raw piece letter for letter is found by that.
      if (!piece.in_raw) remember(piece.text, label);
      // A page that echoes what is the owner's is no longer only its author's.
      if (piece.outside && piece.form != LabelledText::Form::key && labels_.everyone_reads(label))
        conversation.outside_.add(piece.text, label);
    } else if (piece.form == LabelledText::Form::raw && taken_apart(pieces, i)) {
      remember(piece.text, label);
    } else if (piece.form != LabelledText::Form::key) {
      Rewriting none(labels_, conversation, part, {});
      const bool vouches = piece.form == LabelledText::Form::raw || may_vouch(piece);
      add_trusted_text(conversation, piece.text, label, false, vouches, none);
    }
  }
  conversation.next_context_ = labels_.join(conversation.next_context_, labels_.join_all(std::move(all)));
}

// A result that is one trusted skill's whole text, or the client's word that it reads it out, is the skill's.
void Workspace::trust_skills(std::vector<LabelledText>& pieces) const {
  for (size_t i = 0; !skills_.empty() && i < pieces.size(); ++i) {
    LabelledText& piece = pieces[i];
    if (piece.form != LabelledText::Form::raw || labels_.trusted(piece.label) || taken_apart(pieces, i))
      continue;
    const auto spans = skills_.find(piece.text);
    const bool whole =
        spans.size() == 1 &&
        KnownSkills::is_frame(std::string_view(piece.text).substr(0, spans[0].begin), *spans[0].skill) &&
        KnownSkills::is_frame(std::string_view(piece.text).substr(spans[0].end), *spans[0].skill);
    if (whole) piece.label = spans[0].label;
    if (const KnownSkill* skill = whole ? nullptr : skills_.announced(piece.text))
      piece.label = skills_.label_of(*skill);
  }
}

// Where the planner is shown them as they are.
void Workspace::note_ids(Conversation& conversation, const manifest::ToolFacts& facts,
                         const std::vector<LabelledText>& pieces, LabelId label) {
  auto offered = std::make_shared<OfferedIds>(OfferedIds{facts.server, label});
  for (const LabelledText& piece : pieces) {
    if (piece.form != LabelledText::Form::leaf || piece.text.empty()) continue;
    if (const std::string* kind = facts.result.id_kind_at(piece.pointer))
      offered->ids.push_back({*kind, piece.text, piece.label});
  }
  if (!offered->ids.empty() && conversation.ids_.size() < limits::kCallLeavesMax)
    conversation.ids_.push_back(std::move(offered));
}

// Its numbers hang on the call and not on what stands before it in the history, which agents cut short.
Digest Workspace::result_key(std::string_view call_id, std::string_view tool, size_t times) {
  return sha256({"result/", call_id, "/", tool, "/", std::to_string(times)});
}

void Workspace::seal_result(Conversation& conversation, const exchange::Result& result, size_t part,
                            const manifest::ToolFacts& facts, std::string_view tool,
                            const std::vector<LabelledText>& pieces, const Sealing& sealing,
                            LabelId ids_label) {
  const Digest key = result_key(conversation, result, part, tool);
  const seal::ViewRules rules{sealing.page, sealing.budget_bits, sealing.reveal,
                              [&](LabelId label) { return is_open(sealing, labels_.get(label)); },
                              source_of(conversation.called(result.call_id), labels_)};
  seal::View view =
      seal::view_of_result(facts, result, pieces, labels_, *conversation.vault_, key, rules, ids_label);
  conversation.next_context_ = labels_.join(conversation.next_context_, view.context);
  for (auto& [number, value] : view.values) conversation.sealed_.emplace_back(number, std::move(value));
  if (view.sealed) conversation.replaced_.push_back({conversation.size(), part, std::move(view.text)});
}

}  // namespace weir::session
