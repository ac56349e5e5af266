// The text form of a plan: JSON, read as strictly as it is written.
#include <fmt/format.h>

#include "base/json.h"
#include "sandbox/plan.h"

namespace weir::sandbox {
namespace {

using From = Bind::From;

constexpr std::string_view kFroms[] = {"system", "profile", "command"};

constexpr std::string_view kNets[] = {"none", "hosts", "host"};

struct Count {
  const char* name;
  uint64_t Limits::* member;
};
constexpr Count kCounts[] = {{"memory", &Limits::memory_bytes},   {"processes", &Limits::processes},
                             {"open_files", &Limits::open_files}, {"file", &Limits::file_bytes},
                             {"scratch", &Limits::scratch_bytes}, {"scratch_files", &Limits::scratch_files},
                             {"output", &Limits::output_bytes}};

void write_strings(json::Writer& out, std::string_view key, const std::vector<std::string>& strings) {
  out.key(key).begin_array();
  for (const std::string& each : strings) out.string(each);
  out.end_array();
}

// A reader that remembers that something was wrong.
class Fields {
 public:
  explicit Fields(json::Value object) : object_(object), good_(object.is_object()) {}

  bool good() const { return good_; }
  void fail() { good_ = false; }
  json::Value at(std::string_view key) const { return object_[key]; }

  void text(std::string_view key, std::string& out) {
    const auto value = object_[key].string();
    if (!value) return fail();
    out = *value;
  }
  void flag(std::string_view key, bool& out) {
    const auto value = object_[key].boolean();
    if (!value) return fail();
    out = *value;
  }
  void number(std::string_view key, int64_t& out) {
    const auto value = object_[key].integer();
    if (!value || *value < 0) return fail();
    out = *value;
  }
  void strings(std::string_view key, std::vector<std::string>& out) {
    if (!object_[key].is_array()) return fail();
    for (const json::Value each : object_[key].elements()) {
      if (!each.is_string()) return fail();
      out.emplace_back(each.string_or(""));
    }
  }

 private:
  json::Value object_;
  bool good_;
};

void read_bind(json::Value value, Fields& whole, Plan& plan) {
  Fields fields(value);
  Bind bind;
  std::string from;
  fields.text("path", bind.path);
  fields.flag("write", bind.write);
  fields.flag("run", bind.run);
  fields.text("from", from);
  const auto* const at = std::find(std::begin(kFroms), std::end(kFroms), from);
  if (!fields.good() || at == std::end(kFroms)) return whole.fail();
  bind.from = static_cast<From>(at - std::begin(kFroms));
  plan.binds.push_back(std::move(bind));
}

void read_host(json::Value value, Fields& whole, Host& out) {
  auto host = value.is_string() ? parse_host(value.string_or("")) : bad_input("no host");
  if (!host) return whole.fail();
  out = *std::move(host);
}

void read_net(Fields& fields, Plan& plan) {
  std::string net;
  fields.text("net", net);
  const auto* const at = std::find(std::begin(kNets), std::end(kNets), net);
  if (at == std::end(kNets) || !fields.at("hosts").is_array() || !fields.at("secrets").is_array())
    return fields.fail();
  plan.net = static_cast<Net>(at - std::begin(kNets));
  for (const json::Value value : fields.at("hosts").elements())
    read_host(value, fields, plan.hosts.emplace_back());
  for (const json::Value value : fields.at("secrets").elements()) {
    Fields secret(value);
    Secret& out = plan.secrets.emplace_back();
    secret.text("name", out.name);
    secret.text("env", out.env);
    secret.text("file", out.file);
    read_host(secret.at("host"), fields, out.host);
    if (!secret.good()) fields.fail();
  }
}

}  // namespace

std::string plan_text(const Plan& plan) {
  json::Writer out;
  out.begin_object().field("profile", plan.profile).field("home", plan.home).field("user", plan.user);
  out.field("cwd", plan.cwd);
  out.field("net", kNets[static_cast<size_t>(plan.net)]);
  out.key("hosts").begin_array();
  for (const Host& host : plan.hosts) out.string(host.text());
  out.end_array().key("secrets").begin_array();
  for (const Secret& secret : plan.secrets) {
    out.begin_object().field("name", secret.name).field("env", secret.env).field("file", secret.file);
    out.field("host", secret.host.text()).end_object();
  }
  out.end_array();
  out.key("run_written").boolean(plan.run_written).key("terminal").boolean(plan.terminal);
  out.key("binds").begin_array();
  for (const Bind& bind : plan.binds) {
    out.begin_object().field("path", bind.path).key("write").boolean(bind.write).key("run").boolean(bind.run);
    out.field("from", kFroms[static_cast<size_t>(bind.from)]).end_object();
  }
  out.end_array();
  write_strings(out, "scratch", plan.scratch);
  write_strings(out, "covered", plan.covered);
  out.key("limits").begin_object();
  for (const Count& count : kCounts)
    out.key(count.name).integer(static_cast<int64_t>(plan.limits.*count.member));
  out.key("wall_ms").integer(plan.limits.wall_ms).key("cpu_ms").integer(plan.limits.cpu_ms);
  out.end_object().end_object();
  return out.take();
}

Result<Plan> parse_plan(std::string_view text) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  Fields fields(document.root());
  Plan plan;
  fields.text("profile", plan.profile);
  fields.text("home", plan.home);
  fields.text("user", plan.user);
  fields.text("cwd", plan.cwd);
  fields.flag("run_written", plan.run_written);
  fields.flag("terminal", plan.terminal);
  fields.strings("scratch", plan.scratch);
  fields.strings("covered", plan.covered);
  read_net(fields, plan);
  if (!fields.at("binds").is_array()) fields.fail();
  for (const json::Value bind : fields.at("binds").elements()) read_bind(bind, fields, plan);
  Fields limits(fields.at("limits"));
  for (const Count& count : kCounts) {
    int64_t number = 0;
    limits.number(count.name, number);
    plan.limits.*count.member = static_cast<uint64_t>(number);
  }
  limits.number("wall_ms", plan.limits.wall_ms);
  limits.number("cpu_ms", plan.limits.cpu_ms);
  if (!fields.good() || !limits.good()) return bad_input("not a plan for a sandbox");
  return plan;
}

}  // namespace weir::sandbox
