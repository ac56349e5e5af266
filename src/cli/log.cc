// weir log, log verify, log checkpoint.
#include <fmt/color.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/ledger_files.h"
#include "ledger/files.h"
#include "ledger/verify.h"

namespace weir::cli {
namespace {

void print_egress(int64_t index, json::Value entry) {
  const std::string_view time = entry["time"].string_or("");
  std::string secrets;
  for (const json::Value secret : entry["secrets"].elements())
    secrets += (secrets.empty() ? "  secrets " : ", ") + shown(secret.string_or(""), 60);
  const std::string why = shown(entry["why"].string_or(""), 300);
  if (entry["type"].string_or("") == "egress-end") {
    fmt::print("{:>6}  {}  egress: {} of {}: {} bytes out, {} in{}  {}\n", index, time,
               entry["refused"].boolean().value_or(false) ? "refused, end" : "end",
               entry["egress"].integer().value_or(0), entry["out_bytes"].integer().value_or(0),
               entry["in_bytes"].integer().value_or(0), secrets, why);
    return;
  }
  const int64_t port = entry["port"].integer().value_or(0);
  fmt::print("{:>6}  {}  egress: {} {} to {}{}{}  {}\n", index, time, entry["decision"].string_or(""),
             shown(entry["server"].string_or(""), 60), shown(entry["host"].string_or(""), 260),
             port == 0 ? std::string() : fmt::format(":{}", port), secrets, why);
}

void print_entry(int64_t index, json::Value entry, json::Value detail) {
  const std::string_view type = entry["type"].string_or("?");
  const std::string_view time = entry["time"].string_or("");
  if (type == "vouch") {
    const std::string of =
        entry["origin"].is_string()
            ? std::string(entry["origin"].string_or(""))
            : fmt::format("v{} of {}", entry["value"].integer().value_or(0), entry["session"].string_or(""));
    fmt::print("{:>6}  {}  vouch: {} {} {}  {}\n", index, time, entry["vouch"].string_or(""),
               entry["removed"].boolean().value_or(false) ? "taken back:" : "for", shown(of, 100),
               shown(entry["reason"].string_or(""), 200));
    return;
  }
  if (type == "egress" || type == "egress-end") return print_egress(index, entry);
  if (type != "decision") {
    const std::string_view what = type == "answer"   ? entry["answer"].string_or("")
                                  : type == "effect" ? entry["call"].string_or("")
                                                     : entry["grant"].string_or("");
    const std::string to =
        type == "answer" ? fmt::format(" to {}", entry["decision"].integer().value_or(0)) : "";
    if (type == "pin") {
      const std::string tool =
          fmt::format("{}/{}", entry["server"].string_or(""), entry["tool"].string_or(""));
      fmt::print("{:>6}  {}  pin: {} {}\n", index, time, shown(tool, 60),
                 shown(entry["state"].string_or("")));
      return;
    }
    fmt::print("{:>6}  {}  {}: {}{}  {}\n", index, time, type, shown(what, 60), to,
               shown(entry["reason"].string_or(""), 200));
    return;
  }
  const std::string_view decision = entry["decision"].string_or("");
  const auto style = fmt::fg(decision == "allow" ? fmt::terminal_color::green
                             : decision == "ask" ? fmt::terminal_color::yellow
                                                 : fmt::terminal_color::red);
  const bool enforced = entry["enforced"].boolean().value_or(true);
  fmt::print("{:>6}  {}  ", index, time);
  if (isatty(STDOUT_FILENO) == 1) {
    fmt::print(style, "{:<5}", decision);
  } else {
    fmt::print("{:<5}", decision);
  }
  fmt::print("{} {}  {}\n", enforced ? "" : " (watched)", shown(entry["tool"].string_or(""), 60),
             shown(detail["why"].string_or(""), 300));
}

}  // namespace

int run_log(const Common& common, const LogArgs& args) {
  auto reply = ask_weir(common, "GET", fmt::format("/weir/log?n={}", args.last));
  if (!reply) return fail(reply.error());
  if (common.json) {
    fmt::print("{}\n", *reply);
    return kDone;
  }
  const auto document = json::parse(*reply);
  if (!document) return fail(document.error());
  for (const json::Value entry : (*document)["entries"].elements())
    print_entry(entry["index"].integer().value_or(0), entry["entry"], entry["detail"]);
  fmt::print("{} entries in all; weir log verify checks them\n", (*document)["size"].integer().value_or(0));
  return kDone;
}

int run_log_verify(const Common& common, const LogArgs& args) {
  auto ledger = find_ledger(common);
  if (!ledger) return fail(ledger.error());
  ledger::VerifyOptions options;
  if (!args.retained.empty()) {
    auto retained = read_file(args.retained, limits::kNoteBytesMax);
    if (!retained) return fail(retained.error());
    options.retained = std::move(*retained);
  }
  ledger::PosixFiles files;
  auto report = ledger::verify_log(files, ledger->dir, ledger->vkey, options);
  if (!report) return fail(report.error());
  if (common.json) {
    json::Writer writer;
    writer.begin_object()
        .key("ok")
        .boolean(report->ok())
        .key("size")
        .integer(static_cast<int64_t>(report->size));
    writer.field("root", to_base64(as_bytes(report->root)))
        .field("key", ledger->vkey)
        .key("problems")
        .begin_array();
    for (const ledger::Problem& problem : report->problems)
      writer.begin_object().field("where", problem.where).field("what", problem.what).end_object();
    fmt::print("{}\n", writer.end_array().end_object().take());
  } else {
    fmt::print("{}\n", report->text());
  }
  return report->ok() ? kDone : kNo;
}

int run_log_checkpoint(const Common& common) {
  auto ledger = find_ledger(common);
  if (!ledger) return fail(ledger.error());
  ledger::PosixFiles files;
  auto report = ledger::verify_log(files, ledger->dir, ledger->vkey, {});
  if (!report) return fail(report.error());
  if (!report->ok()) {
    fmt::print(stderr, "weir: {}\n", report->text());
    return kNo;
  }
  fmt::print("{}", report->checkpoint);
  return kDone;
}

}  // namespace weir::cli
