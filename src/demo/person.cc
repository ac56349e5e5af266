#include "demo/person.h"

#include <cmath>
#include <cstdlib>

namespace weir::demo {
namespace {

constexpr int64_t kPollMs = 20;

std::string as_text(json::Value value) {
  const auto string = value.string();
  return std::string(string ? *string : value.raw());
}

bool is_the_bill(const Ask& ask, const Plot& plot) {
  if (ask.tool != "bank/send_money") return false;
  bool recipient = false, amount = false;
  for (const auto& [pointer, value] : ask.values) {
    if (pointer == "/recipient") recipient = value == plot.bill_iban;
    if (pointer == "/amount")
      amount = std::llround(std::strtod(value.c_str(), nullptr) * 100) == plot.bill_cents;
  }
  return recipient && amount;
}

}  // namespace

Ask read_ask(json::Value pending, const Plot& plot) {
  Ask ask{std::string(pending["id"].string_or("")),
          std::string(pending["tool"].string_or("")),
          std::string(pending["why"].string_or("")),
          {},
          {},
          false};
  for (const json::Value policy : pending["policies"].elements()) ask.policies.push_back(as_text(policy));
  for (const json::Member value : pending["values"].members()) {
    ask.values.emplace_back(value.key, as_text(value.value));
  }
  ask.approved = is_the_bill(ask, plot);
  return ask;
}

Person::Person(net::Loop& loop, const Plot& plot, const Endpoint& endpoint, std::function<void(Error)> failed)
    : loop_(loop),
      plot_(plot),
      failed_(std::move(failed)),
      caller_(loop, endpoint.url, endpoint.person_token) {}

void Person::poll() {
  caller_.call("GET", "/weir/approvals", "", [this](const Result<json::Document>& answered) {
    if (!answered) return failed_(answered.error());
    for (const json::Value pending : (*answered)["pending"].elements()) {
      return answer(read_ask(pending, plot_));  // the next poll shows the others
    }
    wait();
  });
}

void Person::answer(Ask ask) {
  const std::string path = "/weir/approvals/" + ask.id;
  const std::string body = ask.approved ? R"({"answer":"once"})" : R"({"answer":"deny"})";
  caller_.call("POST", path, body, [this, ask = std::move(ask)](const Result<json::Document>& answered) {
    if (!answered) return failed_(answered.error());
    asks_.push_back(ask);
    wait();
  });
}

void Person::wait() {
  timer_ = loop_.after(kPollMs, [this] { poll(); });
}

}  // namespace weir::demo
