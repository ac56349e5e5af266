// What tools returned: labelled record by record, and in seal mode kept from the planner.
#include <algorithm>

#include "manifest/label_result.h"
#include "session/attribution.h"
#include "session/rewriting.h"
#include "session/workspace.h"

namespace weir::session {
namespace {

using manifest::LabelledText;

// A trusted tool may echo what a stranger wrote; then that is the stranger's still.
void join_copies(const trace::Index& index, Labels& labels, std::vector<LabelledText>& pieces) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].form != LabelledText::Form::raw || !labels.trusted(pieces[i].label)) continue;
    LabelId copied = kNoLabel;
    for (const trace::Span& copy : index.copies(pieces[i].text)) copied = labels.join(copied, copy.label);
    if (copied == kNoLabel || labels.trusted(copied)) continue;
    for (LabelledText& piece : pieces) {
      if (piece.text_index == pieces[i].text_index && piece.pointer.starts_with(pieces[i].pointer))
        piece.label = labels.join(piece.label, copied);
    }
  }
}

}  // namespace

void Workspace::label_result(Conversation& conversation, const exchange::Result& result, size_t part,
                             const Rules& rules) {
  const Called* called = conversation.called(result.call_id);
  const std::string tool = called != nullptr ? called->tool : rules.tool_name(result.name);
  // A result for a call that nobody made is a stranger's text.
  static const manifest::ToolFacts kUnknown;
  const manifest::ToolFacts& facts = called != nullptr ? rules.manifests->facts(tool) : kUnknown;
  const auto arguments =
      json::parse(called != nullptr && !called->arguments.empty() ? called->arguments : std::string("{}"));
  LabelId inherited = kNoLabel;
  if (called != nullptr && !labels_.trusted(called->label)) inherited = called->label;
  if (called != nullptr && arguments && !places_.empty()) {
    if (const auto leaves = attribute(memory(), conversation, facts, arguments->root(), References::text)) {
      const std::string server = tool.substr(0, tool.find('/'));
      inherited = labels_.join(inherited, places_.read(server, places_of(server, *leaves)));
    }
  }
  const json::Value root = arguments ? arguments->root() : json::Value();
  std::vector<LabelledText> pieces =
      manifest::label_result(facts, tool, root, result, *rules.trust, labels_);
  for (LabelledText& piece : pieces) piece.label = labels_.join(piece.label, inherited);
  Rewriting rewriting(labels_, conversation, part, rules);
  if (rewriting.on()) {
    join_copies(index_, labels_, pieces);
    seal_result(conversation, result, part, facts, tool, pieces, *rules.sealing);
  }
  // Joined among themselves first: a label that held the context so far would be made for each record.
  LabelId all = kNoLabel;
  for (LabelledText& piece : pieces) {
    const LabelId label = piece.label;
    if (!rewriting.on()) all = labels_.join(all, label);
    if (!labels_.trusted(label)) {
      remember(piece.text, label);
      // A page that echoes what is the owner's is no longer only its author's.
      if (piece.outside && piece.form != LabelledText::Form::key &&
          labels_.get(label).readers.is_everyone())
        conversation.outside_.add(piece.text, label);
    } else if (piece.form == LabelledText::Form::raw) {
      Rewriting none(labels_, conversation, part, {});
      add_trusted_text(conversation, piece.text, label, false, true, none);
    } else if (piece.form == LabelledText::Form::leaf) {
      conversation.trusted_.add(piece.text, label);
    }
  }
  conversation.next_context_ = labels_.join(conversation.next_context_, all);
}

// Its numbers hang on the call and not on what stands before it in the history, which agents cut short.
void Workspace::seal_result(Conversation& conversation, const exchange::Result& result, size_t part,
                            const manifest::ToolFacts& facts, std::string_view tool,
                            const std::vector<LabelledText>& pieces, const Sealing& sealing) {
  const auto times = std::count_if(conversation.calls_.begin(), conversation.calls_.end(),
                                   [&](const auto& call) { return call.first == result.call_id; });
  const Digest key = times == 0 ? sha256({as_bytes(conversation.prefix()), "/result/", std::to_string(part)})
                                : sha256({"result/", result.call_id, "/", tool, "/", std::to_string(times)});
  const seal::ViewRules rules{sealing.page, sealing.budget_bits,
                              [&](LabelId label) { return is_open(sealing, labels_.get(label)); }};
  seal::View view =
      seal::view_of_result(facts, result, pieces, labels_, *conversation.vault_, key, rules);
  conversation.next_context_ = labels_.join(conversation.next_context_, view.context);
  for (auto& [number, value] : view.values) conversation.sealed_.emplace_back(number, std::move(value));
  if (view.sealed)
    conversation.replaced_.push_back({conversation.size(), part, std::move(view.text)});
}

}  // namespace weir::session
