#include "guard/words.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace weir::guard {
namespace {

bool by_operator(const Label& label) {
  return label.origins.size() == 1 && label.origins[0].kind == OriginKind::operator_text;
}

}  // namespace

std::optional<Words> trusted_words(const Situation& situation) {
  const trace::Vouchers& person = situation.conversation->person();
  const trace::Vouchers& trusted = situation.conversation->trusted();
  if (person.size() == 0) return std::nullopt;
  Words out;
  std::string own;
  for (size_t i = 0; i < trusted.size(); ++i) {
    if (by_operator(situation.workspace->labels().get(trusted.label(i))))
      out.text += fmt::format("The operator said: {}\n", json::quote(trusted.text(i)));
  }
  for (size_t i = 0; i < person.size(); ++i)
    own += fmt::format("The user said: {}\n", json::quote(person.text(i)));
  out.said = sha256(own);
  out.text += own;
  if (out.text.size() > limits::kIntentWordsBytesMax) return std::nullopt;
  return out;
}

}  // namespace weir::guard
