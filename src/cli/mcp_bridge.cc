#include "cli/mcp_bridge.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "cli/command.h"
#include "wire/mcp/headers.h"
#include "wire/mcp/request_meta.h"

namespace weir::cli {
namespace {

namespace mcp = wire::mcp;

constexpr int64_t kFindAgainMs = 200;
constexpr int64_t kProbeMs = 3'000;
constexpr int64_t kComeBackMs = 10'000;  // a weir that somebody else runs has so long to restart
constexpr int64_t kGiveUpMs = 30'000;    // requests wait no longer for one
constexpr int64_t kDrainMs = 10'000;     // after the end of the input, for what is owed
constexpr int64_t kGoodbyeMs = 1'000;
constexpr int64_t kGatherMs = 10;                   // for further requests that could not be sent
constexpr size_t kKeptBytesMax = size_t{64} << 10;  // of a request, to send it once more

constexpr char kRunByMcp[] = "\nmcp\n";  // the rest of DIR/listening

std::string first_line(const std::string& file) {
  const auto text = read_file(file, 512);
  return text ? text->substr(0, text->find_first_of("\r\n")) : std::string();
}

}  // namespace

Bridge::Bridge(net::Loop& loop, Options options)
    : loop_(loop), options_(std::move(options)), client_(loop), lines_(limits::kMcpMessageBytesMax) {}

Bridge::~Bridge() {
  if (running_) unlink((options_.data_dir + "/listening").c_str());
}

void Bridge::start() {
  since_ms_ = loop_.mono_ms();
  find();
}

// --- From the client

void Bridge::take(std::string_view bytes) {
  std::string line;
  for (net::LineCutter::Cut cut; (cut = lines_.take(bytes, line)) != net::LineCutter::Cut::more;) {
    if (cut == net::LineCutter::Cut::too_long) {
      options_.write(
          mcp::error("null", mcp::code::kInvalidRequest,
                     fmt::format("a message has more than {} bytes", limits::kMcpMessageBytesMax)));
    } else if (line.find_first_not_of(" \t") != std::string::npos) {
      take_line(std::move(line));
    }
  }
}

void Bridge::take_line(std::string line) {
  auto messages = mcp::parse(line, mcp::has_batches(revision_));
  if (!messages) return refuse(line, messages.error());
  for (Message& message : *messages) take_message(std::move(message));
}

// A request among what is no message gets its answer; anything else is answered to nobody.
void Bridge::refuse(const std::string& line, const Error& why) {
  std::string id = "null";
  const auto document = json::parse(line);
  if (document && (*document)["method"].exists()) {
    const json::Value found = (*document)["id"];
    const bool usable = found.is_string() || found.integer().has_value();
    if (usable && found.raw().size() <= limits::kMcpIdBytesMax && !owed_.contains(std::string(found.raw())))
      id = found.raw();
  }
  options_.write(mcp::error(id, mcp::error_code(why), why.text()));
}

void Bridge::take_message(Message message) {
  std::string text(message.text());
  const bool request = message.kind == mcp::Kind::request;
  if (request && message.method == "initialize") {
    if (!hello_.empty()) {
      options_.write(mcp::error(message.id, mcp::code::kInvalidRequest, "`initialize` was sent already"));
      return;
    }
    hello_ = text;
    hello_id_ = message.id;
  }
  if (request) {
    if (!owed_.try_emplace(message.id, text.size() <= kKeptBytesMax ? text : std::string()).second) {
      options_.write(mcp::error("null", mcp::code::kInvalidRequest, "a request with this id is under way"));
      return;
    }
    if (mcp::says_revision(message)) stateless_.insert(message.id);
    return pass(std::move(text), std::move(message.id));
  }
  if (message.kind == mcp::Kind::notification) {
    if (message.method == "notifications/initialized") initialized_ = text;
    if (message.method == "notifications/cancelled") {
      const std::string id(message.params()["requestId"].raw());
      if (stateless_.contains(id)) return cancelled(id);
      owed_.erase(id);
      owed_less();
    }
    return pass(std::move(text), {});
  }
  // An answer to a weir that is gone is nothing to the next one.
  if (asked_.erase(message.id) > 0) pass(std::move(text), {});
}

void Bridge::pass(std::string text, std::string id) {
  if (state_ == State::closing) return;
  const size_t waiting = backlog_bytes_ + (link_ ? link_->queued() : 0);
  if (waiting + text.size() > limits::kMcpQueueBytesMax && waiting > 0) {
    if (id.empty()) return;
    owed_.erase(id);
    options_.write(mcp::error(id, mcp::code::kServerGone, "weir does not take more messages just now"));
    return;
  }
  if (state_ == State::ready) return send(std::move(text), std::move(id));
  // What the handshake is made of is sent when there is somebody to shake hands with.
  if (id == hello_id_ && !id.empty()) return;
  if (id.empty() && text == initialized_ && welcomed_) return;
  backlog_bytes_ += text.size();
  backlog_.push_back({std::move(text), std::move(id)});
}

// To the weir that is there, in the form of the message's era.
void Bridge::send(std::string text, std::string id) {
  if (id.empty() || !stateless_.contains(id)) return link_->send(std::move(text), std::move(id));
  const auto messages = mcp::parse(text, false);
  if (!messages) return;  // it was parsed when it came
  const Message& message = messages->front();
  if (session_.empty()) {
    std::array<uint8_t, 12> random{};
    SystemRandom().fill(random);
    session_ = "stdio-" + to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
  }
  const std::string_view revision = message.params()["_meta"][mcp::meta::kRevision].string_or("");
  mcp::HeaderList headers = mcp::standard_headers(revision, message.method, message.params());
  headers.emplace_back("Weir-Session", session_);
  headers.emplace_back("Weir-Stdio", "1");  // there are no headers on stdio that could repeat arguments
  link_->send_stateless(std::move(text), std::move(id), headers);
}

void Bridge::cancelled(const std::string& id) {
  stateless_.erase(id);
  owed_.erase(id);
  if (state_ == State::ready) link_->abandon(id);
  std::erase_if(backlog_, [&](const Waiting& each) { return each.id == id; });
  owed_less();
}

// So that its servers end with it.
void Bridge::end_conversation() {
  auto url = net::parse_url(base() + "/mcp");
  if (session_.empty() || running_ || !url) return;
  client_.send_off(
      {"DELETE",
       std::move(*url),
       {{"Authorization", "Bearer " + first_line(options_.data_dir + "/token")}, {"Weir-Session", session_}},
       {}});
}

void Bridge::end_of_input() {
  if (std::exchange(input_ended_, true)) return;
  end_ = loop_.after(kDrainMs, [this] { close(); });
  owed_less();
}

void Bridge::owed_less() {
  if (input_ended_ && owed_.empty()) close();
}

void Bridge::close() {
  if (state_ == State::closing) return;
  state_ = State::closing;
  find_again_.cancel();
  probe_.reset();
  if (link_) link_->close();
  end_conversation();
  const int64_t end_ms = loop_.mono_ms() + kGoodbyeMs;
  const auto wait = [this, end_ms](const auto& again) -> void {
    if (client_.working() == 0 || loop_.mono_ms() >= end_ms) return options_.done();
    end_ = loop_.after(2, [again] { again(again); });
  };
  end_ = loop_.after(0, [wait] { wait(wait); });
}

// --- Finding a weir

std::string Bridge::base() const {
  const std::string said = first_line(options_.data_dir + "/listening");
  if (!said.empty()) return said;
  const config::Config& config = options_.config;
  const bool v6 = config.listen_host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", config.listen_host, v6 ? "]" : "",
                     config.listen_port);
}

void Bridge::find() {
  probe([this](bool there) {
    if (there) return found();
    if (was_there_ && loop_.mono_ms() - since_ms_ < kComeBackMs) return find_later();
    run_own();
  });
}

void Bridge::find_later() {
  if (loop_.mono_ms() - since_ms_ > kGiveUpMs)
    fail_backlog(unavailable("no weir runs: " + (trouble_.empty() ? "it did not come back" : trouble_)));
  find_again_ = loop_.after(kFindAgainMs, [this] { find(); });
}

// Whether a weir with this folder's token answers: it misses the id of a session.
void Bridge::probe(std::function<void(bool)> then) {
  auto url = net::parse_url(base() + "/mcp");
  const std::string token = first_line(options_.data_dir + "/token");
  // Never inside the call that asks.
  if (!url || token.empty()) {
    find_again_ = loop_.after(0, [then = std::move(then)] { then(false); });
    return;
  }
  auto is_weir = std::make_shared<bool>(false);  // shared by the callbacks
  const auto over = [this, then = std::move(then), is_weir] {
    find_again_.cancel();
    const auto probe = std::move(probe_);
    then(*is_weir);
  };
  net::FetchHandler handler;
  handler.on_head = [is_weir](int status, const net::Headers& headers) {
    *is_weir = status == 400 && headers.find("content-type") == "application/json";
  };
  handler.on_end = over;
  handler.on_error = [over](const Error&) { over(); };
  find_again_ = loop_.after(kProbeMs, [over] { over(); });
  probe_ = client_.fetch(
      {"GET", std::move(*url), {{"Authorization", "Bearer " + token}, {"Accept", "text/event-stream"}}, {}},
      std::move(handler));
}

void Bridge::found() {
  // One that a `weir mcp` runs ends with its client, and is not waited for.
  const auto said = read_file(options_.data_dir + "/listening", 512);
  was_there_ = !running_ && !(said && said->find(kRunByMcp) != std::string::npos);
  open(base(), first_line(options_.data_dir + "/token"));
}

void Bridge::run_own() {
  if (!running_) {
    config::Config config = options_.config;
    config.listen_host = "127.0.0.1";
    config.listen_port = 0;
    auto running = options_.missing.empty()
                       ? gateway::Running::start({std::move(config), options_.data_dir, &loop_})
                       : unavailable(fmt::format("no weir runs, and to be one itself `weir mcp` needs {}",
                                                 fmt::join(options_.missing, ", ")),
                                     {}, "start weir up, or export it");
    if (!running) {
      // `denied`: one runs on the folder, which begins or ends just now.
      const std::string why = running.error().text();
      if (running.error().code != Code::denied && std::exchange(trouble_, why) != why) {
        options_.complain(why);
        fail_backlog(running.error());
      }
      return find_later();
    }
    running_ = std::move(*running);
    // So that the other verbs, and other clients' `weir mcp`, find this one.
    std::ofstream(options_.data_dir + "/listening") << "http://127.0.0.1:" << running_->port() << kRunByMcp;
  }
  open(fmt::format("http://127.0.0.1:{}", running_->port()), running_->client_token());
}

void Bridge::open(const std::string& base, const std::string& token) {
  trouble_.clear();
  gateway::mcp::LinkHandler handler;
  handler.on_message = [this](std::string text) { on_message(std::move(text)); };
  handler.on_failed = [this](const std::string& id, const Error& why) { on_failed(id, why); };
  handler.on_closed = [this](const Error& why) { lost(why); };
  handler.on_log = [this](std::string_view line) { options_.complain(std::string(line)); };
  link_ = open_http(loop_, client_, {base + "/mcp", {{"Authorization", "Bearer " + token}}, true, true},
                    std::move(handler));
  if (welcomed_) {
    state_ = State::shaking;
    own_hello_id_ = fmt::format("\"weir-mcp-{}\"", ++replays_);
    auto hello = mcp::parse(hello_, false);
    link_->send(mcp::with_id(hello->front(), own_hello_id_), own_hello_id_);
    return;
  }
  state_ = State::ready;
  if (!hello_.empty()) link_->send(hello_, hello_id_);
  backlog_bytes_ = 0;
  for (Waiting& waiting : std::exchange(backlog_, {})) send(std::move(waiting.text), std::move(waiting.id));
}

// The client's handshake, replayed, was answered.
void Bridge::shaken_hands(const Message& answer) {
  if (answer.kind != mcp::Kind::result) {
    options_.complain("weir refused the client's handshake when it was replayed");
    return lost(unavailable("weir refused the client's handshake when it was replayed"));
  }
  state_ = State::ready;
  if (!initialized_.empty()) link_->send(initialized_, {});
  backlog_bytes_ = 0;
  for (Waiting& waiting : std::exchange(backlog_, {})) send(std::move(waiting.text), std::move(waiting.id));
  // What there is may be another now.
  for (const char* kind : {"tools", "prompts", "resources"}) {
    const json::Value capability = answer.result()["capabilities"][kind];
    if (capability["listChanged"].boolean().value_or(false) && !initialized_.empty())
      options_.write(mcp::notification(fmt::format("notifications/{}/list_changed", kind), {}));
  }
}

// --- From weir

void Bridge::on_message(std::string text) {
  auto messages = mcp::parse(std::move(text), false);
  if (!messages) return options_.complain("weir sent what is no message: " + messages.error().text());
  const Message& message = messages->front();
  const bool answer = message.kind == mcp::Kind::result || message.kind == mcp::Kind::error;
  if (answer && !own_hello_id_.empty() && message.id == own_hello_id_) {
    own_hello_id_.clear();
    return shaken_hands(message);
  }
  if (answer && owed_.erase(message.id) == 0) return;  // it was cancelled
  if (answer) stateless_.erase(message.id);
  if (message.kind == mcp::Kind::result && message.id == hello_id_ && !welcomed_) {
    welcomed_ = true;
    revision_ = message.result()["protocolVersion"].string_or("");
  } else if (message.kind == mcp::Kind::error && message.id == hello_id_ && !welcomed_) {
    hello_.clear();  // it may try again
    hello_id_.clear();
  }
  if (message.kind == mcp::Kind::request) asked_.insert(message.id);
  options_.write(std::string(message.text()));
  if (answer) owed_less();
}

void Bridge::on_failed(const std::string& id, const Error& why) {
  const bool hello = id == own_hello_id_ || (id == hello_id_ && !welcomed_);
  if (hello && why.code == Code::unavailable) return lost(why);
  if (id == own_hello_id_) return lost(why);
  // Not a byte of it has reached anybody: the next weir gets it.
  const auto owed = owed_.find(id);
  if (net::was_never_sent(why) && owed != owed_.end() && !owed->second.empty() && state_ == State::ready) {
    backlog_bytes_ += owed->second.size();
    backlog_.push_back({owed->second, id});
    probe_.reset();
    find_again_ = loop_.after(kGatherMs, [this, why] { lost(why); });
    return;
  }
  if (owed_.erase(id) > 0) options_.write(mcp::error(id, mcp::code::kServerGone, why.text()));
  stateless_.erase(id);
  if (hello) {
    hello_.clear();
    hello_id_.clear();
  }
  owed_less();
  // One that ended tells it so only where a stream is open.
  if (why.code != Code::unavailable || state_ != State::ready || probe_) return;
  // What the client has asked meanwhile is told first that it was never sent.
  probe([this](bool there) {
    if (there || state_ != State::ready) return;
    find_again_ = loop_.after(kGatherMs, [this] { lost(unavailable("weir does not answer any more")); });
  });
}

void Bridge::lost(const Error& why) {
  if (state_ == State::closing) return;
  state_ = State::finding;
  link_.reset();
  probe_.reset();
  own_hello_id_.clear();
  asked_.clear();
  std::set<std::string> waiting;
  for (const Waiting& each : backlog_) waiting.insert(each.id);
  if (!welcomed_ && !hello_id_.empty()) waiting.insert(hello_id_);
  for (auto& [id, text] : std::exchange(owed_, {})) {
    if (waiting.contains(id)) {
      owed_.emplace(id, std::move(text));
    } else {
      stateless_.erase(id);
      options_.write(
          mcp::error(id, mcp::code::kServerGone, "weir was lost while this was under way: " + why.message));
    }
  }
  owed_less();
  if (state_ == State::closing) return;
  since_ms_ = loop_.mono_ms();
  find_again_ = loop_.after(0, [this] { find(); });
}

void Bridge::fail_backlog(const Error& why) {
  backlog_bytes_ = 0;
  for (const Waiting& waiting : std::exchange(backlog_, {})) {
    if (waiting.id.empty() || owed_.erase(waiting.id) == 0) continue;
    options_.write(mcp::error(waiting.id, mcp::code::kServerGone, why.text()));
  }
  if (!welcomed_ && owed_.erase(hello_id_) > 0) {
    options_.write(mcp::error(hello_id_, mcp::code::kServerGone, why.text()));
    hello_.clear();
    hello_id_.clear();
  }
  owed_less();
}

}  // namespace weir::cli
