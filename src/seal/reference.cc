#include "seal/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace weir::seal {
namespace {

constexpr std::string_view kOpen = "{{weir:";
constexpr std::string_view kClose = "}}";

// "v7.subject.0".
bool read_inner(std::string_view inner, Reference& out) {
  if (inner.size() < 2 || inner.front() != 'v') return false;
  const size_t dot = std::min(inner.find('.'), inner.size());
  const std::string_view digits = inner.substr(1, dot - 1);
  if (digits.empty() || digits.size() > 9 || (digits.size() > 1 && digits.front() == '0')) return false;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), out.number);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return false;
  out.path.clear();
  for (size_t at = dot; at < inner.size();) {
    const size_t end = std::min(inner.find('.', at + 1), inner.size());
    const std::string_view segment = inner.substr(at + 1, end - at - 1);
    const bool plain = !segment.empty() && std::all_of(segment.begin(), segment.end(), [](char c) {
      return static_cast<unsigned char>(c) >= ' ' && c != '{' && c != '}';
    });
    if (!plain || out.path.size() == limits::kReferencePathMax) return false;
    out.path.emplace_back(segment);
    at = end;
  }
  return true;
}

}  // namespace

std::string Reference::text() const {
  std::string all = fmt::format("{}v{}", kOpen, number);
  for (const std::string& segment : path) all += "." + segment;
  return all + std::string(kClose);
}

std::vector<Reference> references_in(std::string_view text) {
  std::vector<Reference> found;
  for (size_t at = text.find(kOpen); at != std::string_view::npos; at = text.find(kOpen, at)) {
    const size_t inner = at + kOpen.size();
    const std::string_view rest = text.substr(inner, limits::kReferenceBytesMax);
    const size_t close = rest.find(kClose);
    Reference reference;
    if (close != std::string_view::npos && read_inner(rest.substr(0, close), reference)) {
      reference.begin = at;
      reference.end = at = inner + close + kClose.size();
      found.push_back(std::move(reference));
    } else {
      at = inner;
    }
  }
  return found;
}

bool read_reference(std::string_view text, Reference& out) {
  if (text.starts_with(kOpen) && text.ends_with(kClose) && text.size() > kOpen.size() + kClose.size()) {
    text = text.substr(kOpen.size(), text.size() - kOpen.size() - kClose.size());
  } else if (text.starts_with("weir:")) {
    text.remove_prefix(5);
  }
  if (text.size() > limits::kReferenceBytesMax || !read_inner(text, out)) return false;
  out.begin = 0;
  out.end = text.size();
  return true;
}

size_t open_reference(std::string_view text) {
  // One that has begun and may still end.
  const size_t from = text.size() > limits::kReferenceBytesMax + kOpen.size()
                          ? text.size() - limits::kReferenceBytesMax - kOpen.size()
                          : 0;
  for (size_t at = text.find(kOpen, from); at != std::string_view::npos; at = text.find(kOpen, at + 1)) {
    if (text.find(kClose, at + kOpen.size()) == std::string_view::npos) return at;
  }
  // Or the beginning of its beginning.
  for (size_t length = std::min(kOpen.size() - 1, text.size()); length > 0; --length) {
    if (text.ends_with(kOpen.substr(0, length))) return text.size() - length;
  }
  return text.size();
}

std::string without_references(std::string_view text) {
  std::string out;
  size_t from = 0;
  for (size_t at = text.find(kOpen); at != std::string_view::npos; at = text.find(kOpen, from)) {
    out.append(text, from, at - from).append("{ {weir:");
    from = at + kOpen.size();
  }
  return out.append(text.substr(from));
}

}  // namespace weir::seal
