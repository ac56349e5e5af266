#include "manifest/fill.h"

#include <algorithm>
#include <optional>

#include "base/limits.h"
#include "manifest/url.h"

namespace weir::manifest {
namespace {

std::optional<std::string> scalar(json::Value value) {
  if (const auto text = value.string()) return std::string(*text);
  if (value.is_number()) return std::string(value.raw());
  return std::nullopt;
}

// The scheme and host of a URL; text that is none stays as it is, and will match no rule.
std::string transformed(const Template::Piece& piece, std::string text) {
  if (!piece.url) return text;
  const auto url = parse_url(text);
  return url ? url->site() : "url:" + text;
}

// Collects the scalars at `tokens` below a value; an array at the end counts by its elements.
class Collector {
 public:
  Collector(const std::vector<std::string>& tokens, Filled& out) : tokens_(tokens), out_(out) {}

  // Recursion is bounded by the pattern's length.
  void collect(json::Value value, size_t depth) {
    if (out_.more) return;
    if (depth == tokens_.size()) return collect_end(value);
    if (tokens_[depth] != "*") {
      if (!value.is_object()) return odd();
      return collect(value[tokens_[depth]], depth + 1);
    }
    if (!value.is_array() && !value.is_object()) return odd();
    for (const json::Value element : value.elements()) collect(element, depth + 1);
    for (const json::Member member : value.members()) collect(member.value, depth + 1);
  }

  std::vector<std::string> take() {
    if (missing_ && !texts_.empty()) odd();
    return std::move(texts_);
  }

 private:
  void collect_end(json::Value value) {
    if (!value.is_array()) return add(value);
    for (const json::Value element : value.elements()) add(element);
  }

  void add(json::Value value) {
    if (!value.exists() || value.is_null()) {
      missing_ = true;
    } else if (auto text = scalar(value); !text) {
      odd();
    } else if (texts_.size() == limits::kLabelOriginsMax) {
      out_.more = true;
    } else {
      texts_.push_back(std::move(*text));
    }
  }

  void odd() { out_.odd = true; }

  const std::vector<std::string>& tokens_;
  Filled& out_;
  std::vector<std::string> texts_;
  bool missing_ = false;
};

// One result piece's values.
std::vector<std::string> result_values(const Template::Piece& piece, const FillFrom& values, Filled& out) {
  const auto& tokens = piece.pointer.tokens;
  const bool through_record = std::find(tokens.begin(), tokens.end(), "*") != tokens.end();
  const json::Value start = through_record ? values.record : values.root;
  if (!start.exists()) return {};
  Collector collector(tokens, out);
  collector.collect(start, through_record ? values.record_depth : 0);
  return collector.take();
}

}  // namespace

Filled fill(const Template& from, const FillFrom& values) {
  Filled out;
  if (from.empty()) return out;
  std::vector<std::string> texts = {""};
  for (const Template::Piece& piece : from.pieces) {
    std::vector<std::string> parts;
    if (piece.source == Template::Source::literal) {
      parts.push_back(piece.literal);
    } else if (piece.source == Template::Source::args) {
      if (auto text = scalar(values.args.at_pointer(piece.pointer.text()))) {
        parts.push_back(transformed(piece, std::move(*text)));
      }
    } else {
      out.from_args_only = false;
      out.pointer = piece.pointer;
      for (std::string& text : result_values(piece, values, out)) {
        parts.push_back(transformed(piece, std::move(text)));
      }
    }
    // At most one piece has several values, so this is no product.
    std::vector<std::string> longer;
    for (const std::string& text : texts) {
      for (const std::string& part : parts) longer.push_back(text + part);
    }
    texts = std::move(longer);
  }
  out.texts = std::move(texts);
  return out;
}

}  // namespace weir::manifest
