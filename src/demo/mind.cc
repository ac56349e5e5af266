#include "demo/mind.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"
#include "demo/orders.h"

namespace weir::demo {
namespace {

constexpr std::string_view kOpen = "[[text of ";
constexpr std::string_view kClose = "]]";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

// The offered tool that `name` means: the same, or one of that name behind a prefix; "/" reads as "__".
std::string offered_name(const History& history, std::string_view name) {
  std::string wire(name);
  if (const size_t slash = wire.find('/'); slash != std::string::npos) wire.replace(slash, 1, "__");
  for (const std::string_view candidate : {name, std::string_view(wire)}) {
    for (const std::string& tool : history.tools) {
      if (tool == candidate) return tool;
    }
  }
  for (const std::string& tool : history.tools) {
    if (tool.size() > wire.size() + 2 && tool.ends_with(wire) &&
        std::string_view(tool).substr(0, tool.size() - wire.size()).ends_with("__"))
      return tool;
  }
  return std::string(name);
}

bool has_tool(const History& history, const std::string& name) {
  return std::find(history.tools.begin(), history.tools.end(), name) != history.tools.end();
}

// What came back from the latest call that had `value` among its arguments.
std::optional<std::string_view> result_of_value(const History& history, std::string_view value) {
  for (auto call = history.calls.rbegin(); call != history.calls.rend(); ++call) {
    const auto arguments = json::parse(call->arguments);
    if (!arguments || !call->result) continue;
    for (const json::Member member : arguments->root().members()) {
      if (member.value.string_or("") == value) return *call->result;
    }
  }
  return std::nullopt;
}

// The string with its [[text of …]] filled in; nothing while one of them is not known.
std::optional<std::string> fill_string(const History& history, std::string_view text) {
  std::string out;
  for (size_t open = text.find(kOpen); open != std::string_view::npos; open = text.find(kOpen)) {
    const size_t close = text.find(kClose, open);
    if (close == std::string_view::npos) break;
    const size_t start = open + kOpen.size();
    const auto result = result_of_value(history, text.substr(start, close - start));
    if (!result) return std::nullopt;
    out += text.substr(0, open);
    out += *result;
    text.remove_prefix(close + kClose.size());
  }
  return out += text;
}

// Writes the value with every string filled in; false while something is not known. Recursion is bounded by
// the parser's depth, kJsonDepthMax.
bool fill_value(const History& history, json::Value value, json::Writer& out) {
  if (const auto string = value.string()) {
    const auto filled = fill_string(history, *string);
    if (filled) out.string(*filled);
    return filled.has_value();
  }
  if (value.is_array()) {
    out.begin_array();
    for (const json::Value element : value.elements()) {
      if (!fill_value(history, element, out)) return false;
    }
    out.end_array();
  } else if (value.is_object()) {
    out.begin_object();
    for (const json::Member member : value.members()) {
      out.key(member.key);
      if (!fill_value(history, member.value, out)) return false;
    }
    out.end_object();
  } else {
    out.raw(value.raw());
  }
  return true;
}

// The order's arguments as they are to be sent; nothing while they wait for another call's result.
std::optional<std::string> fill(const History& history, const std::string& arguments) {
  if (arguments.find(kOpen) == std::string::npos) return arguments;
  const auto document = json::parse(arguments);
  json::Writer out;
  if (!document || !fill_value(history, document->root(), out)) return std::nullopt;
  return out.take();
}

class Mind {
 public:
  explicit Mind(const History& history) : history_(history) {}

  void obey() {
    std::vector<Order> orders;
    for (const std::string& text : history_.texts) scan_orders(text, orders);
    for (const Order& order : orders) {
      const std::string tool = offered_name(history_, order.tool);
      const auto arguments = fill(history_, order.arguments);
      if (arguments) want(tool, *arguments);
      if (std::find(ordered_.begin(), ordered_.end(), tool) == ordered_.end()) ordered_.push_back(tool);
    }
  }

  // What the user asked for, one task after the other.
  void work() {
    for (const std::string& said : history_.user) {
      const std::string words = lower(said);
      if (words.find("summar") != std::string::npos && words.find("inbox") != std::string::npos) summarise();
      if (!turn_.calls.empty()) return;
      constexpr std::string_view kBill = "pay the bill in ";
      if (const size_t at = words.find(kBill); at != std::string::npos) {
        const std::string_view rest = std::string_view(said).substr(at + kBill.size());
        pay(std::string(rest.substr(0, rest.find_first_of(" ,;?!\"\n"))));
      }
      if (!turn_.calls.empty()) return;
      if (words.find("calendar") != std::string::npos) look_up(words);
      if (!turn_.calls.empty()) return;
    }
  }

  Turn finish(std::string_view greeting) {
    if (!turn_.calls.empty()) return std::move(turn_);
    if (!ordered_.empty())
      report_ += fmt::format("What I read also told me to use {}, and I tried.\n", fmt::join(ordered_, ", "));
    turn_.text = report_.empty() ? std::string(greeting) : std::move(report_);
    return std::move(turn_);
  }

  bool idle() const { return turn_.calls.empty(); }

 private:
  // The call's result; asks for the call if it was not made yet.
  std::optional<std::string> want(const std::string& tool, const std::string& arguments) {
    if (const PastCall* past = history_.find(tool, arguments)) return past->result.value_or("");
    const auto document = json::parse(arguments);
    const std::string canonical = document ? json::canonical(document->root()) : arguments;
    const std::string id = "call_" + to_hex(as_bytes(sha256({tool, " ", canonical}))).substr(0, 16);
    const bool repeated = std::any_of(turn_.calls.begin(), turn_.calls.end(),
                                      [&](const WantedCall& call) { return call.id == id; });
    if (!repeated && turn_.calls.size() < limits::kCallsPerTurnMax) {
      turn_.calls.push_back({id, tool, arguments});
    }
    return std::nullopt;
  }

  void summarise() {
    const std::string list = offered_name(history_, "mail__list");
    const std::string read = offered_name(history_, "mail__read");
    if (!has_tool(history_, list) || !has_tool(history_, read)) return;
    const auto listed = want(list, R"({"folder":"inbox"})");
    if (!listed) return;
    const auto mails = json::parse(*listed);
    if (!mails || !mails->root().is_array()) {
      report_ += "I could not list your inbox.\n";
      return;
    }
    std::string lines;
    for (const json::Value mail : mails->root().elements()) {
      json::Writer arguments;
      arguments.begin_object().field("id", mail["id"].string_or("")).end_object();
      const auto text = want(read, arguments.take());
      if (!text) continue;
      const auto one = json::parse(*text);
      lines += one ? fmt::format("- {}: {}\n", one->root()["from"].string_or("?"),
                                 one->root()["subject"].string_or("?"))
                   : std::string("- a mail that I could not read\n");
    }
    if (idle()) report_ += fmt::format("Your inbox, {} mails:\n{}", mails->root().size(), lines);
  }

  void pay(std::string file) {
    while (file.ends_with('.')) file.pop_back();
    const std::string read = offered_name(history_, "files__read");
    const std::string send = offered_name(history_, "bank__send_money");
    if (file.empty() || !has_tool(history_, read) || !has_tool(history_, send)) return;
    json::Writer path;
    path.begin_object().field("path", file).end_object();
    const auto bill = want(read, path.take());
    if (!bill) return;
    const std::string iban = find_iban(*bill), amount = find_amount(*bill);
    if (iban.empty() || amount.empty()) {
      report_ += fmt::format("I found no bill in {}.\n", file);
      return;
    }
    json::Writer payment;
    payment.begin_object().field("recipient", iban).key("amount").raw(amount);
    payment.field("subject", "Bill in " + file).end_object();
    const auto sent = want(send, payment.take());
    if (!sent) return;
    const auto receipt = json::parse(*sent);
    const bool paid = receipt && receipt->root()["status"].string_or("") == "sent";
    report_ += paid ? fmt::format("The bill in {} is paid: {} to {}.\n", file, amount, iban)
                    : fmt::format("The bill in {} was not paid.\n", file);
  }

  void look_up(const std::string& words) {
    const std::string list = offered_name(history_, "calendar__list");
    if (!has_tool(history_, list)) return;
    for (const std::string_view day :
         {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}) {
      if (words.find(day) == std::string::npos) continue;
      json::Writer arguments;
      arguments.begin_object().field("day", day).end_object();
      const auto listed = want(list, arguments.take());
      if (!listed) return;
      const auto events = json::parse(*listed);
      if (!events || !events->root().is_array()) {
        report_ += fmt::format("I could not look into your calendar: {}\n", *listed);
        continue;
      }
      report_ += fmt::format("In your calendar on {}:\n", day);
      for (const json::Value event : events->root().elements())
        report_ += fmt::format("- {}\n", event["title"].string_or("?"));
    }
  }

  // The first word that has the form of an IBAN.
  static std::string find_iban(std::string_view text) {
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

  // The number behind "EUR", as a JSON number.
  static std::string find_amount(std::string_view text) {
    size_t at = text.find("EUR ");
    if (at == std::string_view::npos) return {};
    const std::string_view rest = text.substr(at + 4);
    std::string number(rest.substr(0, rest.find_first_not_of("0123456789.")));
    while (number.ends_with('.')) number.pop_back();
    const auto parsed = json::parse(number);
    return parsed && parsed->root().is_number() ? number : std::string();
  }

  const History& history_;
  Turn turn_;
  std::vector<std::string> ordered_;  // tools that orders named
  std::string report_;
};

}  // namespace

Turn next_turn(const History& history, std::string_view greeting) {
  Mind mind(history);
  mind.obey();
  if (mind.idle()) mind.work();
  return mind.finish(greeting);
}

}  // namespace weir::demo
