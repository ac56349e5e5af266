#include "seal/vault.h"

#include <charconv>

#include "base/json.h"
#include "base/limits.h"
#include "label/label_json.h"

namespace weir::seal {
namespace {

constexpr size_t kKeyBytes = 16;

std::string short_key(const Digest& key) {
  return std::string(as_bytes(key).substr(0, kKeyBytes));
}

}  // namespace

uint32_t Vault::number(const Digest& key) {
  const auto [at, added] = numbers_.try_emplace(short_key(key), next_);
  if (!added) return at->second;
  if (numbers_.size() > limits::kSealedValuesMax) {
    numbers_.erase(at);
    return 0;
  }
  changed_ = true;
  return next_++;
}

void Vault::put(uint32_t number, SealedPtr value) {
  if (number != 0) values_[number] = std::move(value);
}

void Vault::put_made(uint32_t number, SealedPtr value) {
  if (number == 0) return;
  made_bytes_ += value->content.size();
  // What a store could not take would be forgotten by a restart: then it is not promised.
  if (made_bytes_ <= limits::kSealedMadeBytesMax) made_[number] = value;
  values_[number] = std::move(value);
  changed_ = true;
}

SealedPtr Vault::find(uint32_t number) const {
  const auto at = values_.find(number);
  return at == values_.end() ? nullptr : at->second;
}

bool Vault::charge(const Digest& key, double bits, double budget_bits) {
  if (charges_.size() >= limits::kSealedValuesMax) return false;
  const auto [at, added] = charges_.try_emplace(short_key(key), Charge{bits, bits_ + bits <= budget_bits});
  if (!added) return at->second.granted;
  if (at->second.granted) bits_ += bits;
  changed_ = true;
  return at->second.granted;
}

void Vault::set_revealed(LabelId label) {
  changed_ = changed_ || label != revealed_;
  revealed_ = label;
}

std::string Vault::json(const Labels& labels) const {
  json::Writer writer;
  writer.begin_object().key("next").integer(next_).key("numbers").begin_array();
  for (const auto& [key, number] : numbers_) writer.string(to_hex(key)).integer(number);
  writer.end_array().key("charges").begin_array();
  for (const auto& [key, charge] : charges_)
    writer.string(to_hex(key)).number(charge.bits).boolean(charge.granted);
  writer.end_array().key("bits").number(bits_);
  if (revealed_ != kNoLabel) writer.key("revealed").raw(label_json(labels.get(revealed_)));
  writer.key("made").begin_array();
  for (const auto& [number, value] : made_) {
    writer.integer(number).string(value->content).boolean(value->json);
    writer.raw(label_json(labels.get(value->label)));
  }
  writer.end_array().key("sources").begin_array();
  for (const auto& [number, value] : made_) {
    if (!value->source.empty()) writer.integer(number).string(value->source);
  }
  return writer.end_array().end_object().take();
}

Result<Vault> Vault::parse(std::string_view text, Labels& labels) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  const json::Value root = document.root();
  const auto wrong = [] { return bad_input("not a vault"); };
  Vault vault;
  vault.next_ = static_cast<uint32_t>(root["next"].integer().value_or(1));
  vault.bits_ = root["bits"].number().value_or(0);
  std::vector<json::Value> row;
  const auto rows = [&](std::string_view key, size_t width, const auto& each) -> Status {
    for (const json::Value element : root[key].elements()) {
      row.push_back(element);
      if (row.size() < width) continue;
      if (!each()) return wrong();
      row.clear();
    }
    return row.empty() ? Status() : Status(wrong());
  };
  WEIR_TRY(rows("numbers", 2, [&] {
    const auto key = from_hex(row[0].string_or(""));
    const auto number = row[1].integer();
    if (!key || !number || *number < 1 || *number >= vault.next_) return false;
    vault.numbers_[*key] = static_cast<uint32_t>(*number);
    return true;
  }));
  WEIR_TRY(rows("charges", 3, [&] {
    const auto key = from_hex(row[0].string_or(""));
    if (!key || !row[1].number() || !row[2].boolean()) return false;
    vault.charges_[*key] = {*row[1].number(), *row[2].boolean()};
    return true;
  }));
  if (root["revealed"].exists()) {
    WEIR_TRY_ASSIGN(label, parse_label(root["revealed"].raw()));
    vault.revealed_ = labels.intern(label);
  }
  std::map<int64_t, std::string> sources;
  WEIR_TRY(rows("sources", 2, [&] {
    if (!row[0].integer() || !row[1].is_string()) return false;
    sources[*row[0].integer()] = *row[1].string();
    return true;
  }));
  WEIR_TRY(rows("made", 4, [&] {
    const auto number = row[0].integer();
    auto label = parse_label(row[3].raw());
    if (!number || !row[1].is_string() || !row[2].boolean() || !label) return false;
    vault.put_made(static_cast<uint32_t>(*number),
                   std::make_shared<Sealed>(Sealed{std::string(*row[1].string()), *row[2].boolean(),
                                                   labels.intern(*label), sources[*number]}));
    return true;
  }));
  vault.changed_ = false;
  return vault;
}

Resolved resolve(const Sealed& value, const std::vector<std::string>& path) {
  Resolved out;
  out.label = value.label;
  if (path.empty() && !value.json) {
    out.text = value.content;
    return out;
  }
  const auto document = value.json ? json::parse(value.content) : Result<json::Document>(json::Document());
  json::Value at = document ? document->root() : json::Value();
  for (const std::string& segment : path) {
    if (!at.is_array()) {
      at = at[segment];
      continue;
    }
    size_t index = 0;
    const auto parsed = std::from_chars(segment.data(), segment.data() + segment.size(), index);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == segment.data() + segment.size();
    json::Value found;
    size_t i = 0;
    for (const json::Value element : at.elements()) {
      if (whole && i++ == index) {
        found = element;
        break;
      }
    }
    at = found;
  }
  out.missing = !at.exists() || at.is_null();
  if (out.missing) return out;
  out.string = at.is_string();
  out.container = at.is_object() || at.is_array();
  out.text = at.string_or(at.raw());
  return out;
}

}  // namespace weir::seal
