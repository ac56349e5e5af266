#include "wire/translate/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace weir::wire::translate {

Status read_returned(json::Value content, std::span<const TextPart> texts, MediaOf media_of,
                     const std::string& where, Returned& result) {
  if (const auto text = content.string()) result.content.emplace_back(exchange::Text{std::string(*text)});
  for (const json::Value part : content.elements()) {
    const std::string_view type = part["type"].string_or("");
    const auto text =
        std::find_if(texts.begin(), texts.end(), [&](const TextPart& each) { return each.type == type; });
    if (text != texts.end()) {
      result.content.emplace_back(exchange::Text{std::string(part[text->member].string_or(""))});
    } else {
      WEIR_TRY_ASSIGN(media, media_of(part, where));
      result.content.push_back(std::move(media));
    }
  }
  return {};
}

void read_sampling(json::Value from, Settings& settings) {
  settings.temperature = number_of(from, "temperature");
  settings.top_p = number_of(from, "top_p");
  settings.top_k = number_of(from, "top_k");
  settings.seed = number_of(from, "seed");
  settings.frequency_penalty = number_of(from, "frequency_penalty");
  settings.presence_penalty = number_of(from, "presence_penalty");
  if (const auto one = from["stop"].string()) settings.stop.emplace_back(*one);
  for (const json::Value each : from["stop"].elements()) settings.stop.emplace_back(each.string_or(""));
}

Status read_choice(json::Value choice, json::Value named, Settings& settings) {
  if (!choice.exists() || choice.is_null()) return {};
  const std::string_view word = choice.string_or("");
  const std::string_view type = choice["type"].string_or("");
  if (word == "auto") {
    settings.choice = Choice::automatic;
  } else if (word == "none") {
    settings.choice = Choice::none;
  } else if (word == "required") {
    settings.choice = Choice::required;
  } else if (type == "function" || type == "custom") {
    settings.choice = Choice::named;
    settings.choice_name = named["name"].string_or("");
  } else {
    return not_carried(fmt::format("the choice \"{}\"", shown(word.empty() ? type : word)), "/tool_choice");
  }
  return {};
}

void read_format(json::Value format, json::Value described, Settings& settings) {
  const std::string_view type = format["type"].string_or("");
  if (type == "text") settings.format = Format::text;
  if (type == "json_object") settings.format = Format::json_object;
  if (type != "json_schema") return;
  settings.format = Format::json_schema;
  settings.format_name = described["name"].string_or("");
  settings.format_schema = described["schema"].raw();
  settings.format_strict = described["strict"].boolean();
}

void tell_apart(Prompt& prompt) {
  std::set<std::string> taken;
  std::map<std::string, std::string> now;  // by the id that the request has
  for (Message& message : prompt.messages) {
    for (Part& part : message.parts) {
      if (auto* call = std::get_if<exchange::Call>(&part)) {
        std::string id = call->id;
        for (int n = 2; !taken.insert(id).second; ++n) id = fmt::format("{}_{}", call->id, n);
        now[call->id] = id;
        call->id = std::move(id);
      } else if (auto* returned = std::get_if<Returned>(&part)) {
        if (const auto at = now.find(returned->call_id); at != now.end()) returned->call_id = at->second;
      }
    }
  }
}

}  // namespace weir::wire::translate
