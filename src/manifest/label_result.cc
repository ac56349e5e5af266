#include "manifest/label_result.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/limits.h"
#include "manifest/fill.h"

namespace weir::manifest {
namespace {

using Form = LabelledText::Form;

// Labels one result. Everything that does not depend on the record is worked out once.
class ResultLabeller {
 public:
  ResultLabeller(const ToolFacts& facts, std::string_view server_tool, json::Value args,
                 const exchange::Result& result, const TrustRules& trust, Labels& labels, bool alike)
      : facts_(facts.result),
        name_(server_tool),
        args_(args),
        result_(result),
        trust_(trust),
        labels_(labels),
        alike_(alike && facts_.outside && facts_.readers.empty()) {}

  std::vector<LabelledText> run() {
    for (size_t i = 0; i < result_.texts.size(); ++i) label_text(i);
    if (out_.empty()) add(Form::raw, 0, {}, {}, plain(false));
    return std::move(out_);
  }

 private:
  bool has_records() const { return !facts_.record.tokens.empty(); }

  // The label of what no record covers. `mismatch`: the result is not what the manifest says, so nothing that
  // the manifest says of it holds.
  LabelId plain(bool mismatch) {
    if (result_.is_error || mismatch) {
      return labels_.intern(
          Label::of(Origin::tool(name_, {}, false), alike_ ? default_readers() : Readers::owner()));
    }
    return whole(json::Value());
  }

  Readers default_readers() const {
    if (facts_.readers_public) return Readers::everyone();
    return facts_.outside && !facts_.readers_given ? Readers::everyone() : Readers::owner();
  }

  // The label of `record` (missing for text that is no JSON or lies outside of every record).
  LabelId whole(json::Value record) {
    const Readers readers = readers_of(record);
    const Filled filled = fill(facts_.origin, {args_, root_, record, facts_.record.tokens.size()});
    if (filled.odd) return plain(true);
    Label label = Label::none();
    bool first = true;
    const auto join = [&](std::string principal, bool counts) {
      const auto verdict = trust_.judge(name_, principal, counts);
      const bool trusted = verdict.trusted.value_or(facts_.trusted);
      if (auto normal = normalised_principal(principal)) principal = std::move(*normal);
      const Label one =
          Label::of(Origin::tool(name_, std::move(principal), trusted), verdict.readers.value_or(readers));
      label = first ? one : label.joined(one);
      first = false;
    };
    const bool counts = filled.from_args_only || facts_.is_authenticated(filled.pointer);
    for (const std::string& text : filled.texts) join(text, counts && !filled.more);
    if (first) join({}, false);
    if (filled.more) label.more_untrusted = true;
    return labels_.intern(label);
  }

  Readers readers_of(json::Value record) const {
    if (facts_.readers.empty()) return default_readers();
    std::vector<std::string> names = {"owner"};
    for (const Template& reader : facts_.readers) {
      const Filled filled = fill(reader, {args_, root_, record, facts_.record.tokens.size()});
      if (!filled.from_args_only && !facts_.is_authenticated(filled.pointer)) continue;
      if (filled.more) return Readers::owner();
      for (const std::string& text : filled.texts) {
        if (auto normal = normalised_principal(text)) names.push_back(std::move(*normal));
      }
    }
    if (names.size() > limits::kLabelReadersMax) return Readers::owner();
    return Readers::of(std::move(names));
  }

  void label_text(size_t index) {
    const std::string& text = result_.texts[index];
    text_index_ = index;
    json::Limits bounds;
    bounds.nodes_max = 4 * limits::kResultLeavesMax;
    const size_t first = text.find_first_not_of(" \t\r\n");
    const bool container = first != std::string::npos && (text[first] == '{' || text[first] == '[');
    auto document = container ? json::parse(text, bounds) : Result<json::Document>(json::Document());
    const bool parsed = container && document.has_value();
    const bool cut = has_records() && !result_.is_error && parsed && result_.texts.size() == 1;
    const size_t before = out_.size();
    if (parsed) root_ = document->root();
    if (cut && cut_records()) {
      root_ = {};
      return;
    }
    out_.resize(before);
    const LabelId label = has_records() || result_.is_error ? plain(true) : whole(root_);
    add(Form::raw, index, {}, text, label);
    if (parsed) add_leaves(label, before + 1);
    root_ = {};
  }

  void add_leaves(LabelId label, size_t keep) {
    begin_text();
    in_raw_ = true;
    if (!walk_leaves(root_, {}, label)) out_.resize(keep);
    in_raw_ = false;
  }

  // False if the whole must be labelled as one instead: there are no records, or too much of it.
  bool cut_records() {
    begin_text();
    shape_fits_ = true;
    records_ = false;
    std::vector<std::pair<std::string, json::Value>> outside;
    if (!find_records(root_, {}, 0, outside)) return false;
    if (!shape_fits_ && !records_) return false;
    const LabelId label = plain(!shape_fits_);
    for (const auto& [pointer, value] : outside) {
      if (!walk_leaves(value, pointer, label)) return false;
    }
    for (const auto& [name, pointer] : outer_keys_) {
      if (!add_key(name, pointer, label)) return false;
    }
    if (!records_ && out_.empty()) add(Form::raw, text_index_, {}, result_.texts[text_index_], label);
    return true;
  }

  // Goes down the record pattern; at its end stands a record, beside it what belongs to none.
  bool find_records(json::Value value, const std::string& pointer, size_t depth,
                    std::vector<std::pair<std::string, json::Value>>& outside) {
    const auto& tokens = facts_.record.tokens;
    if (depth == tokens.size()) return add_record(value, pointer);
    const bool star = tokens[depth] == "*";
    if (star && value.is_array()) {
      size_t i = 0;
      for (const json::Value element : value.elements()) {
        if (!find_records(element, pointer + "/" + std::to_string(i++), depth + 1, outside)) return false;
      }
      return true;
    }
    if (!value.is_object()) {
      shape_fits_ = false;
      outside.emplace_back(pointer, value);
      return true;
    }
    bool found = star;
    for (const json::Member member : value.members()) {
      std::string below = pointer + "/" + json::pointer_token(member.key);
      if (!spend(below.size())) return false;
      if (star || member.key == tokens[depth]) {
        found = true;
        if (star && depth + 1 == tokens.size()) record_key_ = member.key;
        if (!find_records(member.value, below, depth + 1, outside)) return false;
      } else {
        outside.emplace_back(below, member.value);
      }
      if (!star || depth + 1 < tokens.size()) outer_keys_.emplace_back(member.key, std::move(below));
    }
    if (!found) shape_fits_ = false;
    return true;
  }

  bool add_record(json::Value record, const std::string& pointer) {
    records_ = true;
    const LabelId label = fits(record) ? whole(record) : plain(true);
    add(Form::raw, text_index_, pointer, std::string(record.raw()), label);
    if (!record_key_.empty() && !add_key(std::exchange(record_key_, {}), pointer, label)) return false;
    in_raw_ = true;
    const bool fits = walk_leaves(record, pointer, label);
    in_raw_ = false;
    return fits;
  }

  // A record in which the manifest names a place must be able to have one.
  bool fits(json::Value record) const {
    const auto goes_on = [&](const Template& from) {
      const Template::Piece* piece = from.result_piece();
      return piece != nullptr && piece->pointer.tokens.size() > facts_.record.tokens.size();
    };
    const bool needs_members =
        goes_on(facts_.origin) || std::any_of(facts_.readers.begin(), facts_.readers.end(), goes_on);
    return !needs_members || record.is_object() || record.is_array();
  }

  // Recursion is bounded by the JSON parser's depth.
  bool walk_leaves(json::Value value, const std::string& pointer, LabelId label) {
    if (value.is_array()) {
      size_t i = 0;
      for (const json::Value element : value.elements()) {
        if (!walk_leaves(element, pointer + "/" + std::to_string(i++), label)) return false;
      }
      return true;
    }
    if (value.is_object()) {
      for (const json::Member member : value.members()) {
        const std::string below = pointer + "/" + json::pointer_token(member.key);
        if (!spend(below.size()) || !add_key(member.key, below, label)) return false;
        if (!walk_leaves(member.value, below, label)) return false;
      }
      return true;
    }
    if (++leaves_ > limits::kResultLeavesMax || !spend(pointer.size())) return false;
    add(Form::leaf, text_index_, pointer, std::string(value.string_or(value.raw())), label);
    out_.back().in_raw = value.is_string() && is_verbatim(value.raw(), out_.back().text) && in_raw_;
    return true;
  }

  bool add_key(std::string_view name, const std::string& pointer, LabelId label) {
    if (!keys_.emplace(label, name).second) return true;
    if (!spend(pointer.size())) return false;
    add(Form::key, text_index_, pointer, std::string(name), label);
    return true;
  }

  // Long keys above many leaves would make the pointers grow as the square of the text.
  bool spend(size_t bytes) {
    pointer_bytes_ += bytes;
    return pointer_bytes_ <= limits::kResultPointerBytesMax;
  }

  // Without an escape; what the parser let pass is as it was.
  static bool is_verbatim(std::string_view raw, std::string_view text) {
    return raw.size() == text.size() + 2 && raw.substr(1, text.size()) == text;
  }

  void begin_text() {
    leaves_ = 0;
    pointer_bytes_ = 0;
    keys_.clear();
    outer_keys_.clear();
    record_key_ = {};
  }

  void add(Form form, size_t index, std::string pointer, std::string text, LabelId label) {
    out_.push_back(
        {std::move(text), form, index, std::move(pointer), label, facts_.outside && !result_.is_error});
  }

  const ResultFacts& facts_;
  const std::string name_;
  const json::Value args_;
  const exchange::Result& result_;
  const TrustRules& trust_;
  Labels& labels_;
  const bool alike_;

  json::Value root_;
  size_t text_index_ = 0;
  size_t leaves_ = 0;
  size_t pointer_bytes_ = 0;
  bool shape_fits_ = true;
  bool records_ = false;
  bool in_raw_ = false;          // the leaves that come now stand in the raw piece that came last
  std::string_view record_key_;  // the name of the record that comes next, where records are members
  std::set<std::pair<LabelId, std::string_view>> keys_;
  std::vector<std::pair<std::string_view, std::string>> outer_keys_;
  std::vector<LabelledText> out_;
};

}  // namespace

std::vector<LabelledText> label_result(const ToolFacts& facts, std::string_view server_tool,
                                       json::Value call_args, const exchange::Result& result,
                                       const TrustRules& trust, Labels& labels, bool alike) {
  return ResultLabeller(facts, server_tool, call_args, result, trust, labels, alike).run();
}

}  // namespace weir::manifest
