#include "seal/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/limits.h"

namespace weir::seal {
namespace {

using manifest::LabelledText;
using manifest::RevealType;

constexpr double kDates = 3'652'059;  // from 0001-01-01 to 9999-12-31

Digest key_of(const Digest& base, std::string_view part, size_t index = 0) {
  return sha256({as_bytes(base), "/", part, "/", std::to_string(index)});
}

// A member of a record that the manifest declares.
struct Field {
  std::vector<std::string> path;
  const RevealType* type = nullptr;

  std::string name() const { return fmt::format("{}", fmt::join(path, ".")); }
};

bool can_be_named(const std::vector<std::string>& path) {
  return !path.empty() && path.size() <= limits::kReferencePathMax &&
         std::all_of(path.begin(), path.end(), [](const std::string& segment) {
           return !segment.empty() && segment != "*" && segment.find_first_of(".{}") == std::string::npos;
         });
}

// What the manifest declares below `record`, in its order.
std::vector<Field> declared_fields(const manifest::ResultFacts& facts,
                                   const std::vector<std::string>& record) {
  std::vector<Field> fields;
  const auto add = [&](const manifest::PointerPattern& pointer, const RevealType* type) {
    const auto& tokens = pointer.tokens;
    if (tokens.size() <= record.size() || !std::equal(record.begin(), record.end(), tokens.begin())) return;
    std::vector<std::string> path(tokens.begin() + static_cast<ptrdiff_t>(record.size()), tokens.end());
    if (!can_be_named(path)) return;
    for (Field& field : fields) {
      if (field.path != path) continue;
      if (type != nullptr) field.type = type;
      return;
    }
    if (fields.size() < limits::kSealedFieldsMax) fields.push_back({std::move(path), type});
  };
  const auto add_template = [&](const manifest::Template& from) {
    if (const auto* piece = from.result_piece()) add(piece->pointer, nullptr);
  };
  for (const manifest::PointerPattern& pointer : facts.fields) add(pointer, nullptr);
  add_template(facts.origin);
  for (const manifest::Template& reader : facts.readers) add_template(reader);
  for (const manifest::PointerPattern& pointer : facts.authenticated) add(pointer, nullptr);
  for (const manifest::Reveal& reveal : facts.reveal) add(reveal.pointer, &reveal.type);
  return fields;
}

class ViewMaker {
 public:
  ViewMaker(const manifest::ToolFacts& facts, const exchange::Result& result,
            const std::vector<LabelledText>& pieces, Labels& labels, Vault& vault, const Digest& key,
            const ViewRules& rules)
      : facts_(facts.result),
        result_(result),
        pieces_(pieces),
        labels_(labels),
        vault_(vault),
        key_(key),
        rules_(rules) {}

  View run() {
    for (const LabelledText& piece : pieces_) {
      all_ = labels_.join(all_, piece.label);
      view_.sealed = view_.sealed || hidden(piece.label);
    }
    if (!view_.sealed) {
      view_.context = all_;
      return std::move(view_);
    }
    // Its label first: that of a list is what stands for records that are not there, too.
    const uint32_t number = keep(key_of(key_, "all"), whole());
    if (number == 0) {
      view_.text = "(withheld: this session has too many sealed values)";
    } else if (!facts_.record.tokens.empty()) {
      list(number);
    } else {
      record(number);
    }
    return std::move(view_);
  }

 private:
  bool hidden(LabelId label) const { return !labels_.trusted(label) && !(rules_.open && rules_.open(label)); }

  // One text, or all of them as a list: how many there are is content.
  Sealed whole() const {
    if (result_.texts.size() == 1) {
      const std::string& text = result_.texts[0];
      const size_t first = text.find_first_not_of(" \t\r\n");
      const bool container = first != std::string::npos && (text[first] == '{' || text[first] == '[');
      return {text, container && json::parse(text).has_value(), all_, {}};
    }
    json::Writer writer;
    writer.begin_array();
    for (const std::string& text : result_.texts) writer.string(text);
    return {writer.end_array().take(), true, all_, {}};
  }

  uint32_t keep(const Digest& key, Sealed value) {
    const uint32_t number = vault_.number(key);
    if (number == 0) return 0;
    value.source = rules_.source;
    auto shared = std::make_shared<const Sealed>(std::move(value));
    vault_.put(number, shared);
    view_.values.emplace_back(number, std::move(shared));
    return number;
  }

  static std::string reference(uint32_t number, const std::vector<std::string>& path = {}) {
    return Reference{number, path}.text();
  }

  void record(uint32_t number) {
    const std::vector<Field> fields = declared_fields(facts_, {});
    if (fields.empty()) {
      view_.text = reference(number);
      return;
    }
    json::Writer writer;
    writer.begin_object().field("all", reference(number));
    add_fields(writer, fields, number, *view_.values.back().second, key_);
    view_.text = writer.end_object().take();
  }

  void list(uint32_t number) {
    const std::vector<Field> fields = declared_fields(facts_, facts_.record.tokens);
    std::vector<const LabelledText*> records;
    for (const LabelledText& piece : pieces_) {
      if (piece.form == LabelledText::Form::raw && !piece.pointer.empty()) records.push_back(&piece);
    }
    json::Writer writer;
    writer.begin_object().field("all", reference(number)).key("items").begin_array();
    for (size_t i = 0; i < rules_.page; ++i) {
      const LabelledText* piece = i < records.size() ? records[i] : nullptr;
      if (piece != nullptr && !hidden(piece->label)) {
        writer.raw(without_references(piece->text));
        view_.context = labels_.join(view_.context, piece->label);
        continue;
      }
      const Digest key = key_of(key_, "item", i);
      const Sealed value{
          piece != nullptr ? piece->text : "null", true, piece != nullptr ? piece->label : all_, {}};
      const uint32_t item = keep(key, value);
      if (item == 0) break;
      writer.begin_object().field("ref", reference(item));
      add_fields(writer, fields, item, value, key);
      writer.end_object();
    }
    view_.text = writer.end_array().end_object().take();
  }

  void add_fields(json::Writer& writer, const std::vector<Field>& fields, uint32_t number,
                  const Sealed& value, const Digest& key) {
    for (const Field& field : fields) {
      writer.key(field.name());
      if (rules_.reveal && field.type != nullptr &&
          vault_.charge(key_of(key, field.name()), reveal_bits(*field.type), rules_.budget_bits)) {
        vault_.revealed(labels_, value.label);
        const auto document = json::parse(value.content);
        json::Value at = document ? document->root() : json::Value();
        for (const std::string& segment : field.path) at = at[segment];
        if (reveal_accepts(*field.type, at)) {
          writer.raw(at.raw());
          continue;
        }
      }
      writer.string(reference(number, field.path));
    }
  }

  const manifest::ResultFacts& facts_;
  const exchange::Result& result_;
  const std::vector<LabelledText>& pieces_;
  Labels& labels_;
  Vault& vault_;
  const Digest& key_;
  const ViewRules& rules_;
  View view_;
  LabelId all_ = kNoLabel;
};

}  // namespace

View view_of_result(const manifest::ToolFacts& facts, const exchange::Result& result,
                    const std::vector<LabelledText>& pieces, Labels& labels, Vault& vault, const Digest& key,
                    const ViewRules& rules) {
  return ViewMaker(facts, result, pieces, labels, vault, key, rules).run();
}

void reserve_numbers(const manifest::ToolFacts& facts, Vault& vault, const Digest& key, size_t page) {
  vault.number(key_of(key, "all"));
  for (size_t i = 0; !facts.result.record.tokens.empty() && i < page; ++i)
    vault.number(key_of(key, "item", i));
}

double reveal_bits(const RevealType& type) {
  switch (type.kind) {
    case RevealType::Kind::boolean:
      return std::log2(3.0);
    case RevealType::Kind::integer:
      return std::log2(static_cast<double>(type.max) - static_cast<double>(type.min) + 2.0);
    case RevealType::Kind::date:
      return std::log2(kDates + 1.0);
    case RevealType::Kind::enumeration:
      return std::log2(static_cast<double>(type.values.size()) + 1.0);
  }
  return 64;
}

bool reveal_accepts(const RevealType& type, json::Value value) {
  switch (type.kind) {
    case RevealType::Kind::boolean:
      return value.boolean().has_value();
    case RevealType::Kind::integer:
      return value.integer() && *value.integer() >= type.min && *value.integer() <= type.max &&
             value.raw() == std::to_string(*value.integer());
    case RevealType::Kind::date:
      return value.is_string() && is_date(*value.string()) && value.raw().size() == 12;
    case RevealType::Kind::enumeration:
      return value.is_string() &&
             std::find(type.values.begin(), type.values.end(), *value.string()) != type.values.end() &&
             value.raw() == json::quote(*value.string());
  }
  return false;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [&](size_t at, size_t length) {
    int value = 0;
    for (const char c : text.substr(at, length)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

}  // namespace weir::seal
