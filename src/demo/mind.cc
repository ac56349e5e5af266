#include "demo/mind.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "demo/orders.h"
#include "demo/worker.h"

namespace weir::demo {
namespace {

constexpr std::string_view kOpen = "[[text of ";
constexpr std::string_view kClose = "]]";

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
  explicit Mind(const History& history) : history_(history), worker_(history) {}

  void obey() {
    std::vector<Order> orders;
    for (const std::string& text : history_.texts) scan_orders(text, orders);
    for (const Order& order : orders) {
      const std::string tool = worker_.offered(order.tool);
      const auto arguments = fill(history_, order.arguments);
      if (arguments) worker_.want(tool, *arguments);
      if (std::find(ordered_.begin(), ordered_.end(), tool) == ordered_.end()) ordered_.push_back(tool);
    }
  }

  // What the user asked for, one task after the other.
  void work() {
    const bool sealed = worker_.has("weir_ask");
    for (const std::string& said : history_.user) {
      if (sealed) {
        work_sealed(worker_, said);
        if (!idle()) return;
        continue;
      }
      const std::string words = lower(said);
      if (words.find("summar") != std::string::npos && words.find("inbox") != std::string::npos) summarise();
      if (!idle()) return;
      if (const std::string file = bill_to_pay(said); !file.empty()) pay(file);
      if (!idle()) return;
      if (words.find("calendar") != std::string::npos) look_up(words);
      if (!idle()) return;
    }
  }

  // A reader has one turn: it answers, and tries what it was ordered beside it.
  bool answer() { return answer_as_reader(worker_); }

  Turn finish(std::string_view greeting) {
    if (!idle()) return std::move(worker_.turn);
    std::string& report = worker_.report;
    if (!ordered_.empty())
      report += fmt::format("What I read also told me to use {}, and I tried.\n", fmt::join(ordered_, ", "));
    worker_.turn.text = report.empty() ? std::string(greeting) : std::move(report);
    return std::move(worker_.turn);
  }

  Turn take() { return std::move(worker_.turn); }
  bool idle() const { return worker_.idle(); }

 private:
  void summarise() {
    const std::string list = worker_.offered("mail__list");
    const std::string read = worker_.offered("mail__read");
    if (!worker_.has(list) || !worker_.has(read)) return;
    const auto listed = worker_.want(list, R"({"folder":"inbox"})");
    if (!listed) return;
    const auto mails = json::parse(*listed);
    if (!mails || !mails->root().is_array()) {
      worker_.report += "I could not list your inbox.\n";
      return;
    }
    std::string lines;
    for (const json::Value mail : mails->root().elements()) {
      json::Writer arguments;
      arguments.begin_object().field("id", mail["id"].string_or("")).end_object();
      const auto text = worker_.want(read, arguments.take());
      if (!text) continue;
      const auto one = json::parse(*text);
      lines += one ? fmt::format("- {}: {}\n", one->root()["from"].string_or("?"),
                                 one->root()["subject"].string_or("?"))
                   : std::string("- a mail that I could not read\n");
    }
    if (idle()) worker_.report += fmt::format("Your inbox, {} mails:\n{}", mails->root().size(), lines);
  }

  void pay(const std::string& file) {
    const std::string read = worker_.offered("files__read");
    const std::string send = worker_.offered("bank__send_money");
    if (!worker_.has(read) || !worker_.has(send)) return;
    json::Writer path;
    path.begin_object().field("path", file).end_object();
    const auto bill = worker_.want(read, path.take());
    if (!bill) return;
    const std::string iban = find_iban(*bill), amount = find_amount(*bill);
    if (iban.empty() || amount.empty()) {
      worker_.report += fmt::format("I found no bill in {}.\n", file);
      return;
    }
    json::Writer payment;
    payment.begin_object().field("recipient", iban).key("amount").raw(amount);
    payment.field("subject", "Bill in " + file).end_object();
    const auto sent = worker_.want(send, payment.take());
    if (!sent) return;
    const auto receipt = json::parse(*sent);
    const bool paid = receipt && receipt->root()["status"].string_or("") == "sent";
    worker_.report += paid ? fmt::format("The bill in {} is paid: {} to {}.\n", file, amount, iban)
                           : fmt::format("The bill in {} was not paid.\n", file);
  }

  void look_up(const std::string& words) {
    const std::string list = worker_.offered("calendar__list");
    if (!worker_.has(list)) return;
    for (const std::string_view day :
         {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}) {
      if (words.find(day) == std::string::npos) continue;
      json::Writer arguments;
      arguments.begin_object().field("day", day).end_object();
      const auto listed = worker_.want(list, arguments.take());
      if (!listed) return;
      const auto events = json::parse(*listed);
      if (!events || !events->root().is_array()) {
        worker_.report += fmt::format("I could not look into your calendar: {}\n", *listed);
        continue;
      }
      worker_.report += fmt::format("In your calendar on {}:\n", day);
      for (const json::Value event : events->root().elements())
        worker_.report += fmt::format("- {}\n", event["title"].string_or("?"));
    }
  }

  const History& history_;
  Worker worker_;
  std::vector<std::string> ordered_;  // tools that orders named
};

}  // namespace

Turn next_turn(const History& history, std::string_view greeting) {
  Mind mind(history);
  mind.obey();
  if (mind.answer()) return mind.take();
  if (mind.idle()) mind.work();
  return mind.finish(greeting);
}

}  // namespace weir::demo
