#include "demo/worker.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"

namespace weir::demo {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

std::string Worker::offered(std::string_view name) const {
  std::string wire(name);
  if (const size_t slash = wire.find('/'); slash != std::string::npos) wire.replace(slash, 1, "__");
  for (const std::string_view candidate : {name, std::string_view(wire)}) {
    for (const std::string& tool : history_.tools) {
      if (tool == candidate) return tool;
    }
  }
  for (const std::string& tool : history_.tools) {
    if (tool.size() > wire.size() + 2 && tool.ends_with(wire) &&
        std::string_view(tool).substr(0, tool.size() - wire.size()).ends_with("__"))
      return tool;
  }
  return std::string(name);
}

bool Worker::has(std::string_view tool) const {
  return std::find(history_.tools.begin(), history_.tools.end(), tool) != history_.tools.end();
}

std::optional<std::string> Worker::want(const std::string& tool, const std::string& arguments) {
  if (const PastCall* past = history_.find(tool, arguments)) return past->result.value_or("");
  const auto document = json::parse(arguments);
  const std::string canonical = document ? json::canonical(document->root()) : arguments;
  const std::string id = "call_" + to_hex(as_bytes(sha256({tool, " ", canonical}))).substr(0, 16);
  const bool repeated = std::any_of(turn.calls.begin(), turn.calls.end(),
                                    [&](const WantedCall& call) { return call.id == id; });
  if (!repeated && turn.calls.size() < limits::kCallsPerTurnMax) turn.calls.push_back({id, tool, arguments});
  return std::nullopt;
}

std::string find_iban(std::string_view text) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && (upper(text[end]) || digit(text[end]))) ++end;
    const std::string_view word = text.substr(at, end - at);
    if (word.size() >= 15 && word.size() <= 34 && upper(word[0]) && upper(word[1]) && digit(word[2]) &&
        digit(word[3]))
      return std::string(word);
    at = end + 1;
  }
  return {};
}

std::string find_amount(std::string_view text) {
  const size_t at = text.find("EUR ");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + 4);
  std::string number(rest.substr(0, rest.find_first_not_of("0123456789.")));
  while (number.ends_with('.')) number.pop_back();
  const auto parsed = json::parse(number);
  return parsed && parsed->root().is_number() ? number : std::string();
}

std::string bill_to_pay(std::string_view said) {
  constexpr std::string_view kBill = "pay the bill in ";
  const std::string words = lower(said);
  const size_t at = words.find(kBill);
  if (at == std::string::npos) return {};
  const std::string_view rest = said.substr(at + kBill.size());
  std::string file(rest.substr(0, rest.find_first_of(" ,;?!\"\n")));
  while (file.ends_with('.')) file.pop_back();
  return file;
}

}  // namespace weir::demo
