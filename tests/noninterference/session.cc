#include "session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "planner.h"
#include "seal/reference.h"
#include "speech.h"
#include "world.h"

namespace weir::noninterference {
namespace {

constexpr size_t kPlannerTurnsMax = 12;
constexpr size_t kRandomDigits = 24;  // of an id that weir makes up for a call that its upstream gave none

// The agent: keeps the history as raw messages, runs what it is given, and does to its history what agents
// do.
class Agent {
 public:
  Agent(net::Loop& loop, uint16_t port, const Plan& plan, Transcript& transcript)
      : loop_(loop),
        client_(loop),
        port_(port),
        plan_(plan),
        speech_(speech_of(plan.dialect)),
        transcript_(transcript),
        dice_(mix({plan.session, 17})) {}

  void run() {
    say(fmt::format("Look through my mails and files, please, as in {:x}.", plan_.session));
    for (size_t turn = 0; turn < kPlannerTurnsMax; ++turn) {
      const Reply reply = speech_.read(send(), plan_.stream);
      if (failed_) return;
      // Agents keep a thought that they cannot read, or drop it; a person may edit what was said.
      const bool thoughts = !dice_.one_in(3);
      append(speech_.keep(reply, thoughts, dice_.one_in(12) ? " (edited)" : ""));
      if (!reply.calls.empty()) {
        append(speech_.results(reply.calls, run_calls(reply.calls)));
      } else {
        between_turns();
      }
    }
  }

 private:
  void append(std::vector<std::string> more) {
    for (std::string& each : more) history_.push_back(std::move(each));
  }

  void say(const std::string& text) { history_.push_back(speech_.user(text)); }

  // A person's next message; agents paste into it, and cut what came before.
  void between_turns() {
    std::string text = fmt::format("Go on, part {}.", dice_.below(1'000'000));
    if (!pasted_.empty() && dice_.one_in(2)) text = "Notes: " + pasted_ + "\n\n" + text;
    if (dice_.one_in(4)) text += " My {{weir:v2}} is my own.";
    if (dice_.one_in(5) && starts_.size() > 2) {
      // All but the first message and the last exchange goes.
      history_.erase(history_.begin() + 1, history_.begin() + static_cast<ptrdiff_t>(starts_.back()));
      starts_ = {1};
    }
    starts_.push_back(history_.size());
    say(text);
  }

  std::vector<Content> run_calls(const std::vector<ReadCall>& calls) {
    std::vector<Content> contents;
    for (const ReadCall& call : calls) {
      const std::string tool = call.tool.substr(call.tool.find("__") + 2);
      Content content = content_of(plan_.session, plan_.variant, tool, runs_);
      if (tool == "raw" && dice_.one_in(2)) {
        content = {{long_text(plan_.session, plan_.variant, runs_)}, false};
        pasted_ = content.texts[0];
      }
      // A tool that says again what it was given: trusted itself, but not what it says then.
      if (tool == "know" && dice_.one_in(2)) content.texts = {call.arguments};
      ++runs_;
      if (tool != "know" && tool != "note" && tool != "send") {
        for (const std::string& text : content.texts) transcript_.untrusted_bytes += text.size();
        untrusted_came_ = true;
      }
      contents.push_back(std::move(content));
    }
    return contents;
  }

  std::string send() {
    const std::string model = fmt::format("planner-{}", exchange::dialect_name(plan_.upstream));
    const auto url =
        net::parse_url(fmt::format("http://127.0.0.1:{}{}", port_, speech_.path(model, plan_.stream)));
    std::string body;
    int status = 0;
    bool done = false;
    const auto fetch =
        client_.fetch({"POST",
                       *url,
                       {{"content-type", "application/json"}},
                       speech_.request(model, plan_.stream, history_)},
                      {[&](int code, const net::Headers&) { status = code; },
                       [&](std::string_view bytes) { body += bytes; },
                       [&] {
                         done = true;
                         loop_.stop();
                       },
                       [&](const Error& error) {
                         transcript_.violations.push_back("the client got no answer: " + error.text());
                         done = failed_ = true;
                         loop_.stop();
                       }});
    transcript_.later_request = transcript_.later_request || untrusted_came_;
    while (!done) loop_.run();
    if (status != 200) {
      transcript_.violations.push_back(fmt::format("the client got {}: {}", status, body.substr(0, 300)));
      failed_ = true;
    }
    return body;
  }

  net::Loop& loop_;
  net::Client client_;
  const uint16_t port_;
  const Plan& plan_;
  const Speech& speech_;
  Transcript& transcript_;
  Dice dice_;
  std::vector<std::string> history_;
  std::vector<size_t> starts_;  // where exchanges begin
  std::string pasted_;
  size_t runs_ = 0;
  bool untrusted_came_ = false;
  bool failed_ = false;
};

}  // namespace

Upstream::Upstream(net::Loop& loop)
    : server_(loop, {}, [this](const std::shared_ptr<net::ServerCall>& call) {
        const Speech& speech = speech_of(dialect_at(call->target()));
        const std::string body = call->body();
        const auto document = json::parse(body);
        const bool reader = document && !(*document)["tools"].exists();
        const bool stream = document && speech.streams(call->target(), document->root());
        call->respond(200,
                      {{"content-type", stream ? std::string(speech.stream_type()) : "application/json"}},
                      speech.say(reader ? Said{{}, reader_answer(body)} : planner_turn(speech, body), stream,
                                 1 + mix(session_, "fragment") % 40));
      }) {
  port_ = *server_.listen("127.0.0.1", 0);
}

void Upstream::play(uint64_t session, uint64_t variant, bool reveals_differ, Transcript& transcript) {
  session_ = session;
  variant_ = variant;
  reveals_differ_ = reveals_differ;
  transcript_ = &transcript;
  lots_.clear();
}

// What weir drew by lot is equal up to its name: each is called by when it was first seen.
std::string Upstream::without_lots(std::string body) {
  static constexpr std::string_view kHead = "\"call_";
  for (size_t at = body.find(kHead); at != std::string::npos; at = body.find(kHead, at + 1)) {
    const size_t begin = at + kHead.size();
    const size_t end = body.find_first_not_of("0123456789abcdef", begin);
    if (end != begin + kRandomDigits || body[end] != '_') continue;
    const std::string lot = body.substr(begin, kRandomDigits);
    const auto seen = lots_.try_emplace(lot, fmt::format("lot{}", lots_.size())).first;
    body.replace(begin, kRandomDigits, seen->second);
  }
  return body;
}

Said Upstream::planner_turn(const Speech& speech, const std::string& sent) {
  const std::string body = without_lots(sent);
  transcript_->planner.push_back(body);
  const auto document = json::parse(body);
  if (transcript_->planner.size() >= 3 * kPlannerTurnsMax) return {{}, {{}, "Enough."}};
  const std::string shown = document ? speech.history_of(document->root()) : std::string();
  Dice dice(mix(session_, shown));
  return {dice.one_in(2) ? fmt::format("sealed{:x}", dice.next()) : std::string(),
          Planner(shown, session_).turn(), mix(session_, "ids") % 2 == 0};
}

// Answers as its content would have it: differently in each variant, for text always, for what is revealed
// where the plan says so.
demo::Turn Upstream::reader_answer(const std::string& body) {
  // Questions of one turn are asked side by side: which comes first is chance.
  const size_t asked = body.rfind("What is it in ");
  const uint64_t n = mix(29, std::string_view(body).substr(asked, body.find('?', asked) - asked));
  Dice dice(mix({session_, reveals_differ_ ? variant_ : 0, 23, n}));
  Dice other(mix({session_, variant_, 29, n}));
  const bool is_text = body.find("Answer with a text") != std::string::npos;
  const bool is_list = body.find("Answer with a list") != std::string::npos;
  std::string answer;
  double bits = 0;
  if (is_text) {
    answer = json::quote(long_text(session_, variant_, n).substr(0, other.below(60)));
    if (other.one_in(6)) answer = "{\"not\":\"a text\"}";
  } else if (is_list) {
    answer = "[";
    const size_t count = other.below(5);
    for (size_t i = 0; i < count; ++i)
      answer += (i > 0 ? "," : "") + json::quote("e" + std::to_string(other.below(99)));
    answer += "]";
  } else if (body.find("true or false") != std::string::npos) {
    answer = dice.one_in(2) ? "true" : "false";
    bits = 1.585;
  } else if (body.find("a whole number") != std::string::npos) {
    answer = std::to_string(dice.below(8));  // 7 is not of the type: a failure
    bits = 3;
  } else if (body.find("a date") != std::string::npos) {
    answer = fmt::format("\"2024-01-0{}\"", 1 + dice.below(7));
    bits = 3;
  } else {
    static constexpr const char* kColours[] = {"\"red\"", "\"green\"", "\"blue\"", "\"pay eve\""};
    answer = kColours[dice.below(4)];
    bits = 2;
  }
  if (bits > 0)
    transcript_->reveals.push_back({transcript_->planner.size(), fmt::format("{:x} {}", n, answer), bits});
  return {{}, "{\"answer\":" + answer + "}"};
}

Transcript run_session(net::Loop& loop, Upstream& upstream, uint16_t weir_port, const Plan& plan) {
  Transcript transcript;
  upstream.play(plan.session, plan.variant, plan.reveals_differ, transcript);
  Agent(loop, weir_port, plan, transcript).run();
  return transcript;
}

}  // namespace weir::noninterference
