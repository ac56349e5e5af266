#include "gateway/turn.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "gateway/forms.h"
#include "net/encoding.h"

namespace weir::gateway {
namespace {

// Fields of the client's request that do not go upstream: what concerns this connection, weir's own, and what
// would change the bytes that come back.
void strip_request_headers(net::Headers& headers) {
  net::remove_hop_by_hop(headers);
  for (const std::string_view name : {"host", "weir-token", "weir-session", "accept-encoding", "expect"})
    headers.remove(name);
  headers.set("accept-encoding", "identity");
}

void strip_reply_headers(net::Headers& headers) {
  net::remove_hop_by_hop(headers);
}

net::Headers json_headers() {
  return {{"content-type", "application/json"}};
}

}  // namespace

Turn::Turn(Gateway& gateway, std::shared_ptr<net::ServerCall> call, exchange::Dialect dialect,
           std::string path)
    : gateway_(gateway),
      config_(gateway.snapshot()),
      counted_(gateway.begin_turn()),
      call_(std::move(call)),
      dialect_(dialect),
      path_(std::move(path)),
      as_list_(dialect_ == exchange::Dialect::gemini && with_events(path_) != path_) {}

void Turn::start() {
  ++gateway_.counters().requests;
  const config::Config& config = *config_;
  auto body = net::decode_body(call_->headers(), std::move(call_->body()), limits::kHttpBodyBytesMax);
  if (!body) return refuse(body.error(), body.error().code == Code::unsupported ? 415 : 0);
  auto parsed = wire::parse_request(dialect_, std::move(*body),
                                    {config.unknown_items_untrusted, config.strip_hosted_tools, {}, path_});
  if (!parsed) return refuse(parsed.error());
  parsed_ = std::move(*parsed);
  if (!choose_upstream() || !cross_over()) return;
  choose_rules();
  // Only who has labelled a request knows what of it the planner may see.
  if (sealing()) label();
  if (done_) return;
  std::string sent = upstream_body();
  if (only_counts(path_)) {
    passes_ = true;
  } else {
    wire::Options options{config.unknown_items_untrusted, config.strip_hosted_tools, {}, path_};
    if (sealing()) options.text_filters = [this] { return shown_text(); };
    options.keep_own = bridge_ != nullptr;
    reply_ = wire::make_reply(*parsed_, sent, options);
  }
  // The call owns the turn: it drops its callbacks when it ends.
  call_->on_closed([self = shared_from_this()] { self->gone(); });
  call_->on_drain([turn = weak_from_this()] {
    const auto self = turn.lock();
    if (self && self->fetch_ && self->undecided_ == 0) self->fetch_->resume();
  });
  send_upstream(std::move(sent));
  // The planner thinks meanwhile: what the request says is labelled before the first call is decided.
  gateway_.labelling().put([self = shared_from_this()] { self->label(); });
}

void Turn::refuse(const Error& error, int status) {
  done_ = true;
  call_->respond(status != 0 ? status : wire::http_status(error), json_headers(),
                 wire::error_body(dialect_, error));
}

bool Turn::choose_upstream() {
  upstream_ = config_->upstream_for(dialect_, parsed_->request.model);
  if (upstream_ != nullptr) return true;
  refuse(Error{Code::not_found,
               fmt::format("no upstream has the model \"{}\"", shown(parsed_->request.model)),
               {},
               "add an [upstream.NAME] with such a model to weir.toml"});
  return false;
}

void Turn::choose_rules() {
  const config::Config& config = *config_;
  const client::Profile* profile = config.profiles.find(config.client);
  if (profile == nullptr) profile = &config.profiles.detect(call_->headers().find("user-agent").value_or(""));
  rules_ = {&config.manifests, &gateway_.vouches().trust(), profile};
  ++gateway_.counters().clients[std::string(profile->name())];
  if (config.mode != guard::Mode::seal) return;
  sealing_ = {config.seal.page, config.seal.budget_bits, config.seal.reveal, &config.seal.opened,
              config.seal.attachments_open};
  rules_.sealing = &sealing_;
}

// Once; whoever needs the labels calls it.
void Turn::label() {
  session::Workspace& workspace = gateway_.workspace();  // may have labelled it by now
  if (conversation_) return;
  const auto named = call_->headers().find("weir-session");
  const std::string name = named ? std::string(named->substr(0, 64)) : std::string();
  conversation_ = workspace.observe(parsed_->request, rules_, name);
  workspace.observe_tools(parsed_->request.tools, rules_);
  session_id_ = named ? name : conversation_->root();
  gateway_.recorder().arrivals(session_id_, workspace.arrivals(), guard::mode_name(config_->mode),
                               config_->seal.budget_bits, workspace.labels());
  note_session();
  record_effects();
  const bool acts = config_->mode != guard::Mode::watch && !only_counts(path_);
  if (acts && config_->intent.plan)
    Planning::start(gateway_, situation(true), conversation_, parsed_->request.tools, intent_judge());
}

guard::Situation Turn::situation(bool offered) const {
  const config::Config& config = *config_;
  return {&gateway_.workspace(), conversation_.get(), rules_,  &config.policies,      &gateway_.grants(),
          session_id_,           config.mode,         offered, gateway_.now().wall_ms};
}

void Turn::note_session() {
  const auto& vault = conversation_->vault();
  gateway_.sessions().note(
      {session_id_,
       std::string(rules_.profile->name()),
       {conversation_->context(), vault ? vault->revealed() : kNoLabel, vault ? vault->influence_bits() : 0},
       gateway_.now().wall_ms});
}

// A result that came with this request says that its call was run. The last messages hold what is new.
void Turn::record_effects() {
  const auto& messages = parsed_->request.messages;
  for (size_t i = messages.size(); i-- > 0 && messages[i].role != exchange::Role::planner;) {
    for (const exchange::Part& part : messages[i].parts) {
      const auto* result = std::get_if<exchange::Result>(&part);
      if (result == nullptr || conversation_->called(result->call_id) == nullptr) continue;
      gateway_.recorder().effect(session_id_, result->call_id, result->is_error);
    }
  }
}

void Turn::send_upstream(std::string body) {
  auto url = net::parse_url(upstream_->url + with_events(path_));
  if (!url) return on_error(url.error());
  net::ClientRequest request{"POST", std::move(*url), call_->headers(), std::move(body)};
  strip_request_headers(request.headers);
  if (bridge_) bridge_->change_request(request.headers);
  gateway_.authorize(*upstream_, request.headers);
  const auto self = weak_from_this();
  const auto on = [self](auto&& act) {
    if (const auto turn = self.lock()) act(*turn);
  };
  fetch_ = gateway_.client_for(*upstream_)
               .fetch(std::move(request),
                      {[on](int status, net::Headers headers) {
                         on([&](Turn& turn) { turn.on_head(status, std::move(headers)); });
                       },
                       [on](std::string_view bytes) { on([&](Turn& turn) { turn.on_data(bytes); }); },
                       [on] { on([](Turn& turn) { turn.on_end(); }); },
                       [on](const Error& error) { on([&](Turn& turn) { turn.on_error(error); }); }});
}

void Turn::on_head(int status, net::Headers headers) {
  strip_reply_headers(headers);
  const bool streamed = is_stream(parsed_->request.dialect, parsed_->request.stream, headers);
  // Nobody asked for it; some do it all the same.
  auto coding = net::coding_of(headers);
  decoder_.reset();
  if (coding) {
    if (!coding->empty()) decoder_ = net::make_decoder(*coding, limits::kHttpResponseBytesMax);
    headers.remove("content-encoding");
  }
  if (rounds_ > 0) {
    // The client's reply is under way: a later round must go on in the same form.
    if (status != 200 || streamed != parsed_->request.stream || !coding) {
      fail_midway(unavailable(fmt::format("the upstream answered {} when the planner was to go on", status)));
    }
    return;
  }
  status_ = status;
  head_ = std::move(headers);
  if (bridge_) bridge_->change_reply(status, head_);
  if (passes_ || status < 200 || status >= 300) {
    // Errors carry no calls. They pass as they are, Retry-After included.
    passes_ = true;
    error_in_other_ = bridge_ != nullptr && (status < 200 || status >= 300);
    if (error_in_other_) return;
    started_ = true;
    call_->start(status, head_);
    return;
  }
  if (!coding) return on_error(unavailable("the upstream's reply cannot be read: " + coding.error().message));
  if (streamed != parsed_->request.stream) {
    return on_error(unavailable(parsed_->request.stream
                                    ? "the upstream did not stream although it was asked to"
                                    : "the upstream streams although it was not asked to"));
  }
  if (as_list_) {
    array_.emplace();
    head_.set("content-type", "application/json; charset=UTF-8");
  }
  if (streamed) {
    started_ = true;
    call_->start(status, head_);
  }
}

void Turn::on_data(std::string_view bytes) {
  if (done_) return;
  std::string decoded;
  if (decoder_) {
    auto out = decoder_->feed(bytes);
    if (!out) return on_error(unavailable("the upstream's reply cannot be read: " + out.error().message));
    decoded = std::move(*out);
    bytes = decoded;
  }
  if (passes_) {
    write(bytes);
    return;
  }
  handle(reply_->feed(bytes));
}

void Turn::on_end() {
  if (done_) return;
  if (const auto decoder = std::move(decoder_); decoder && !decoder->end())
    return on_error(unavailable("the upstream's reply was cut short"));
  if (passes_) {
    done_ = true;
    if (error_in_other_)
      return call_->respond(status_, head_, wire::translate::error_reply(dialect_, status_, whole_));
    return call_->finish();
  }
  if (undecided_ > 0) {
    body_ended_ = true;
    return;
  }
  handle(reply_->end_of_body());
}

void Turn::on_error(const Error& error) {
  if (done_) return;
  ++gateway_.counters().upstream_errors;
  fail_midway(error);
}

// Nothing sent: the API's error shape. A stream under way: its error event, then a broken end, so that nobody
// takes what came for the whole.
void Turn::fail_midway(const Error& error) {
  fetch_.reset();
  held_.clear();
  undecided_ = 0;
  if (!started_) return refuse(error);
  done_ = true;
  if (!passes_ && parsed_->request.stream) {
    send(wire::error_event(dialect_, error));
    end_stream();
  } else {
    call_->abort();
  }
}

void Turn::handle(Result<wire::Step> step) {
  if (!step) return fail_midway(step.error());
  if (!step->out.empty() && !write(step->out)) return;
  if (done_) return;
  if (!step->calls.empty()) return decide(step->calls);
  if (step->complete) round_complete();
}

// False: the reply could not go on, and has been ended.
bool Turn::write(std::string_view bytes) {
  std::string translated;
  if (bridge_ && !passes_) {
    auto fed = bridge_->feed(bytes);
    if (!fed) {
      fail_midway(fed.error());
      return false;
    }
    bytes = translated = std::move(*fed);
  }
  if (error_in_other_ || (!passes_ && !parsed_->request.stream)) {
    // An error says what it has to in its first bytes.
    if (!error_in_other_ || whole_.size() < limits::kHttpHeaderBytesMax) whole_ += bytes;
    return true;
  }
  send(bytes);
  return true;
}

// Bytes of a stream, as the client's API has them.
void Turn::send(std::string_view bytes) {
  if (kept_ && !passes_) kept_->streamed(bytes);
  if (bytes.empty()) return;
  const bool taken = array_ ? call_->write(array_->feed(bytes)) : call_->write(bytes);
  if (!taken && fetch_) fetch_->pause();
}

void Turn::end_stream() {
  if (array_) call_->write(array_->end());
  call_->finish();
}

void Turn::decide(const std::vector<wire::HeldCall>& calls) {
  label();
  if (fetch_) fetch_->pause();
  held_.assign(calls.size(), Held{});
  undecided_ = calls.size();
  for (size_t i = 0; i < calls.size(); ++i) {
    held_[i].call = calls[i].call;
    if (sealing() && is_ask(held_[i].call)) {
      ask_reader(i);
    } else {
      judge_call(i);
    }
  }
  keep_alive_ = gateway_.loop().after(limits::kKeepAliveIntervalMs, [this] { keep_alive(); });
}

// weir's tool, as it is offered here or by its own MCP server.
bool Turn::is_ask(const exchange::Call& call) const {
  return call.name == seal::kAskTool || rules_.tool_name(call.name) == seal::kAskToolOfServer;
}

void Turn::decided(size_t index, Judged judged) {
  if (done_ || index >= held_.size()) return;
  held_[index].judged = std::move(judged);
  if (--undecided_ == 0) release();
}

void Turn::judge_call(size_t index) {
  const exchange::Call& call = held_[index].call;
  const auto& tools = parsed_->request.tools;
  const bool offered = std::any_of(tools.begin(), tools.end(),
                                   [&](const exchange::Tool& tool) { return tool.name == call.name; });
  std::optional<Judge> intent;
  if (config_->intent.check) intent = intent_judge();
  held_[index].judging = judge(
      gateway_, situation(offered), call,
      [weak = weak_from_this(), index](Judged judged) {
        if (const auto self = weak.lock()) self->decided(index, std::move(judged));
      },
      {}, intent ? &*intent : nullptr);
}

// Who answers the intent check for this request.
Judge Turn::intent_judge() const {
  const config::Intent& intent = config_->intent;
  const config::Upstream* named = config_->upstream_named(intent.judge);
  return Judge{named != nullptr ? named : upstream_,
               intent.judge_model.empty() ? parsed_->request.model : intent.judge_model, asking_headers()};
}

// All calls of the round are decided: what was allowed leaves.
void Turn::release() {
  keep_alive_.cancel();
  note_session();
  std::vector<wire::Verdict> verdicts;
  answered_any_ = false;
  for (Held& held : held_) verdicts.push_back(verdict_of(held));
  for (const wire::Verdict& verdict : verdicts) withheld_any_ = withheld_any_ || !verdict.allow;
  held_.clear();
  const auto self = shared_from_this();  // handle() may end the turn
  handle(reply_->decide(verdicts));
  if (done_ || undecided_ > 0) return;
  if (body_ended_) {
    body_ended_ = false;
    return handle(reply_->end_of_body());
  }
  if (fetch_) fetch_->resume();
}

void Turn::round_complete() {
  body_ended_ = false;
  if (!answered_any_) ++denied_rounds_;
  const bool may_go_on = denied_rounds_ < limits::kVetoRoundsMax && rounds_ < limits::kReaderRoundsMax;
  if (reply_->all_denied() && may_go_on) {
    ++rounds_;
    return send_upstream(reply_->next_round_body());
  }
  finish_turn();
}

void Turn::finish_turn() {
  auto last = reply_->finish();
  if (!last) return fail_midway(last.error());
  if (!last->out.empty() && !write(last->out)) return;
  if (bridge_) {
    auto rest = bridge_->ended();
    if (!rest) return fail_midway(rest.error());
    if (parsed_->request.stream) {
      send(*rest);
    } else {
      whole_ = std::move(*rest);
    }
  }
  done_ = true;
  fetch_.reset();
  if (kept_ && !parsed_->request.stream) kept_->whole(whole_);
  if (parsed_->request.stream) {
    end_stream();
  } else if (started_) {
    call_->write(whole_);
    call_->finish();
  } else {
    call_->respond(status_, head_, std::move(whole_));
  }
  // Behind the bytes that leave now, ahead of all that the client can send once it has them.
  gateway_.loop().post([self = shared_from_this()] { self->remember(); });
}

void Turn::remember() {
  label();
  const std::vector<exchange::Message> messages = messages_for_client();
  Seen seen;
  for (const exchange::Message& message : messages) {
    std::vector<session::Workspace::Written> parts;
    for (const exchange::Part& part : message.parts) parts.push_back(written(part, seen));
    gateway_.workspace().emitted(*conversation_, message, [&](const exchange::Part& part) {
      return parts[static_cast<size_t>(&part - message.parts.data())];
    });
    for (size_t i = 0; i < message.parts.size(); ++i) remember_summaries(message.parts[i], parts[i]);
  }
  if (auto shadow = reply_->shadow(); shadow && !messages.empty() && worth_keeping(messages.front())) {
    gateway_.remember_shadow(exchange::extend(conversation_->prefix(), messages.front()), std::move(*shadow));
  }
}

// While a person is asked, the client must not think that the connection died. JSON allows white space before
// the value, so even a reply that is not streamed can be kept alive.
void Turn::keep_alive() {
  if (done_ || undecided_ == 0) return;
  if (!started_) {
    started_ = true;
    call_->start(status_, head_);
  }
  const bool events = parsed_->request.stream && !array_;
  call_->write(events ? wire::keep_alive(dialect_) : std::string_view(" "));
  keep_alive_ = gateway_.loop().after(limits::kKeepAliveIntervalMs, [this] { keep_alive(); });
}

void Turn::gone() {
  done_ = true;
  keep_alive_.cancel();
  fetch_.reset();
  held_.clear();
}

}  // namespace weir::gateway
