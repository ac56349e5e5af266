// The demo's model in seal mode: as a planner it works with references, as a reader it answers about content.
#include <fmt/format.h>

#include <vector>

#include "base/json.h"
#include "demo/orders.h"
#include "demo/worker.h"

namespace weir::demo {
namespace {

constexpr std::string_view kAsk = "weir_ask";
constexpr std::string_view kMailsQuestion = "Who wrote to me, and about what? One line each";
constexpr std::string_view kIbanQuestion = "To which account number (IBAN) is this to be paid?";
constexpr std::string_view kAmountQuestion = "How much is to be paid?";

// What stands for the whole of a result: the result, or its "all".
std::string whole(const std::string& result) {
  const auto document = json::parse(result);
  return document && document->root().is_object() ? std::string((*document)["all"].string_or(result))
                                                  : result;
}

// A reference to the reader's answer, once it is there.
std::optional<std::string> ask(Worker& worker, const std::vector<std::string>& references,
                               std::string_view question) {
  json::Writer arguments;
  arguments.begin_object().key("refs").begin_array();
  for (const std::string& reference : references) arguments.string(reference);
  arguments.end_array().field("question", question).field("answer_type", "text").end_object();
  const auto answered = worker.want(std::string(kAsk), arguments.take());
  if (!answered) return std::nullopt;
  const auto document = json::parse(*answered);
  return std::string(document ? (*document)["answer"].string_or("") : "");
}

void summarise(Worker& worker) {
  const std::string list = worker.offered("mail__list");
  const std::string read = worker.offered("mail__read");
  if (!worker.has(list) || !worker.has(read)) return;
  const auto listed = worker.want(list, R"({"folder":"inbox"})");
  if (!listed) return;
  const auto page = json::parse(*listed);
  // How many of these stand for a mail is not to be seen: all are read.
  std::vector<std::string> mails;
  if (page) {
    for (const json::Value item : (*page)["items"].elements()) {
      json::Writer arguments;
      arguments.begin_object().field("id", item["id"].string_or("")).end_object();
      if (const auto mail = worker.want(read, arguments.take())) mails.push_back(whole(*mail));
    }
  }
  if (!worker.idle()) return;
  if (mails.empty()) {
    worker.report += "I could not list your inbox.\n";
    return;
  }
  if (const auto answer = ask(worker, mails, kMailsQuestion))
    worker.report += fmt::format("Your inbox: {}\n", *answer);
}

void pay(Worker& worker, const std::string& file) {
  const std::string read = worker.offered("files__read");
  const std::string send = worker.offered("bank__send_money");
  if (!worker.has(read) || !worker.has(send)) return;
  const auto bill = worker.want(read, json::Writer().begin_object().field("path", file).end_object().take());
  if (!bill) return;
  const auto iban = ask(worker, {whole(*bill)}, kIbanQuestion);
  const auto amount = ask(worker, {whole(*bill)}, kAmountQuestion);
  if (!iban || !amount) return;
  json::Writer payment;
  payment.begin_object().field("recipient", *iban).field("amount", *amount);
  payment.field("subject", "Bill in " + file).end_object();
  if (const auto sent = worker.want(send, payment.take()))
    worker.report +=
        fmt::format("The bill in {}, {} to {}: the bank says {}\n", file, *amount, *iban, whole(*sent));
}

void look_up(Worker& worker, const std::string& words) {
  const std::string list = worker.offered("calendar__list");
  if (!worker.has(list)) return;
  for (const std::string_view day :
       {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}) {
    if (words.find(day) == std::string::npos) continue;
    json::Writer arguments;
    arguments.begin_object().field("day", day).end_object();
    if (const auto listed = worker.want(list, arguments.take()))
      worker.report += fmt::format("In your calendar on {}: {}\n", day, whole(*listed));
  }
}

// The documents between the marks, in order.
std::vector<std::string_view> documents_of(std::string_view text) {
  std::vector<std::string_view> out;
  constexpr std::string_view kBegins = " begins\n", kEnd = "\n--- ";
  for (size_t at = text.find(kBegins); at != std::string_view::npos; at = text.find(kBegins, at)) {
    at += kBegins.size();
    const size_t end = text.find(kEnd, at);
    if (end == std::string_view::npos) break;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

}  // namespace

void work_sealed(Worker& worker, const std::string& said) {
  const std::string words = lower(said);
  if (words.find("summar") != std::string::npos && words.find("inbox") != std::string::npos)
    summarise(worker);
  if (!worker.idle()) return;
  if (const std::string file = bill_to_pay(said); !file.empty()) pay(worker, file);
  if (!worker.idle()) return;
  if (words.find("calendar") != std::string::npos) look_up(worker, words);
}

bool answer_as_reader(Worker& worker) {
  const History& history = worker.history();
  if (!history.tools.empty() || history.user.size() != 1) return false;
  const std::string& said = history.user.front();
  const size_t at = said.rfind("\nQuestion: ");
  if (at == std::string::npos) return false;
  const std::string_view question = std::string_view(said).substr(at);
  const auto documents = documents_of(std::string_view(said).substr(0, at + 1));
  std::string answer;
  std::vector<Order> orders;
  for (const std::string_view document : documents) {
    scan_orders(document, orders);
    if (question.find(kIbanQuestion) != std::string_view::npos) answer += find_iban(document);
    if (question.find(kAmountQuestion) != std::string_view::npos) answer += find_amount(document);
    if (question.find(kMailsQuestion) == std::string_view::npos) continue;
    const auto mail = json::parse(std::string(document));
    if (mail && (*mail)["from"].is_string())
      answer += fmt::format("{}: {}\n", (*mail)["from"].string_or(""), (*mail)["subject"].string_or(""));
  }
  for (const Order& order : orders) worker.want(order.tool, order.arguments);
  worker.turn.as_reader = true;
  worker.turn.text = json::Writer().begin_object().field("answer", answer).end_object().take();
  return true;
}

}  // namespace weir::demo
