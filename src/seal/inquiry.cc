#include "seal/inquiry.h"

#include <fmt/format.h>

#include "base/json.h"

namespace weir::seal {

Result<Inquiry> Inquiry::begin(std::string_view arguments, const Find& find, Labels& labels, Vault& vault,
                               const Digest& key, double budget_bits) {
  Inquiry inquiry;
  WEIR_TRY_ASSIGN(ask, parse_ask(arguments));
  inquiry.ask_ = std::move(ask);
  for (const Reference& reference : inquiry.ask_.references) {
    SealedPtr value = find(reference.number);
    if (value == nullptr) return bad_input(fmt::format("{} was never given out", reference.text()), "/refs");
    inquiry.label_ = labels.join(inquiry.label_, value->label);
    inquiry.values_.push_back(std::move(value));
  }
  const AnswerType& type = inquiry.ask_.type;
  inquiry.charged_ = type.reveals() && vault.charge(key, type.bits(), budget_bits);
  if (inquiry.charged_) {
    vault.revealed(labels, inquiry.label_);
    return inquiry;
  }
  inquiry.number_ = vault.number(key);
  if (inquiry.number_ == 0) return too_large("this session has too many sealed values");
  return inquiry;
}

Prompt Inquiry::prompt(std::string_view nonce) const {
  std::vector<std::string> contents;
  for (size_t i = 0; i < values_.size(); ++i)
    contents.push_back(resolve(*values_[i], ask_.references[i].path).text);
  return reader_prompt(ask_, contents, nonce);
}

std::string Inquiry::answered(const std::optional<std::string>& answer_json, Vault& vault) const {
  if (charged_) return answer_json ? revealed_text(*answer_json) : unanswered_text();
  const std::string content = answer_json.value_or("\"\"");
  const auto document = json::parse(content);
  const auto text = document ? document->root().string() : std::nullopt;
  vault.put_made(number_, std::make_shared<const Sealed>(Sealed{std::string(text.value_or(content)), !text,
                                                                label_, answer_source(ask_, values_)}));
  const Reference value{number_, {}};
  return ask_.type.reveals() ? over_budget_text(value) : sealed_text(value);
}

}  // namespace weir::seal
