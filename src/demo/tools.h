// World: the agent's tools and what they act on: a mailbox, files and a bank account. Real state, in memory.
//
// The tools' names and arguments are those of weir's shipped manifests, and of many servers; nothing here
// checks whether a call is a good idea. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "demo/plot.h"

namespace weir::demo {

struct Payment {
  std::string recipient;
  int64_t cents = 0;
  std::string subject;
};

struct SentMail {
  std::string to, subject, body;
};

class World {
 public:
  explicit World(const Plot& plot);

  // The tools' declarations: a JSON array as Chat Completions has it.
  static std::string tools_json();

  // Runs the tool. What comes back is for the model: JSON or a file's text, or {"error":"…"}.
  std::string call(std::string_view tool, std::string_view arguments);

  int64_t balance_cents() const { return balance_cents_; }
  const std::vector<Payment>& payments() const { return payments_; }
  const std::vector<SentMail>& outbox() const { return outbox_; }
  const std::map<std::string, std::string>& files() const { return files_; }

 private:
  std::string list_mails() const;
  std::string read_mail(json::Value arguments) const;
  std::string send_mail(json::Value arguments);
  std::string read_file(json::Value arguments) const;
  std::string write_file(json::Value arguments);
  std::string send_money(json::Value arguments);

  std::vector<Mail> inbox_;
  std::vector<SentMail> outbox_;
  std::map<std::string, std::string> files_;
  int64_t balance_cents_;
  std::vector<Payment> payments_;
};

}  // namespace weir::demo
