#include "gateway/asks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "approval/testing.h"
#include "gateway/gateway.h"
#include "gateway/running.h"
#include "net/client.h"

namespace weir::gateway {
namespace {

using approval::Answer;
using approval::asked;

// A gateway without an upstream: calls ask by Gateway::ask, people answer over HTTP.
class AsksTest : public testing::Test {
 protected:
  AsksTest() {
    char name[] = "/tmp/weir-asks-test-XXXXXX";
    dir_ = mkdtemp(name);
  }
  ~AsksTest() override {
    running_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  void start(int64_t ask_timeout_ms = 60'000, std::string host = "127.0.0.1", std::string notify = {}) {
    auto config = config::defaults();
    ASSERT_TRUE(config.has_value());
    config->listen_host = std::move(host);
    config->listen_port = 0;
    config->ask_timeout_ms = ask_timeout_ms;
    if (!notify.empty()) config->notify = {"sh", "-c", "cd " + dir_ + "; " + notify};
    auto running = Running::start({std::move(*config), dir_, &loop_});
    ASSERT_TRUE(running.has_value()) << running.error().text();
    running_ = std::move(*running);
    // Labels 1 and 2 of the verdicts that are asked.
    Labels& labels = gateway().workspace().labels();
    labels.intern(Label::of(Origin::tool("files/read", "file:bill.txt", false), Readers::owner()));
    labels.intern(Label::of(Origin::user(), Readers::owner()));
  }
  Gateway& gateway() { return running_->gateway(); }

  struct Call {
    std::string id, error;
    std::optional<AskOutcome> outcome;
  };
  std::unique_ptr<Call> ask(const std::string& session, const guard::Verdict& verdict) {
    auto call = std::make_unique<Call>();
    auto id = gateway().ask(session, verdict, decision_++,
                            [c = call.get()](const AskOutcome& outcome) { c->outcome = outcome; });
    if (id) {
      call->id = *id;
    } else {
      call->error = id.error().message;
    }
    return call;
  }
  Status answer(const std::string& id, Answer answer) {
    std::optional<Status> done;
    gateway().answer(id, answer, [&](Status status) { done = std::move(status); });
    EXPECT_TRUE(run_until([&] { return done.has_value(); }));
    return *done;
  }
  bool settled(const Call& call) {
    return run_until([&] { return call.outcome.has_value(); });
  }

  template <class Ready>
  bool run_until(Ready ready) {
    const int64_t end = loop_.mono_ms() + 20'000;
    std::function<void()> poll = [&] {
      if (ready() || loop_.mono_ms() > end) return loop_.stop();
      poll_ = loop_.after(2, poll);
    };
    loop_.post(poll);
    loop_.run();
    return ready();
  }

  struct Reply {
    int status = 0;
    std::string body;
    net::Headers headers;
  };
  Reply http(const std::string& method, const std::string& path, net::Headers headers = {},
             std::string body = {}) {
    Reply reply;
    bool done = false;
    const auto url = net::parse_url(fmt::format("http://127.0.0.1:{}{}", running_->port(), path));
    const auto fetch = client_.fetch({method, *url, std::move(headers), std::move(body)},
                                     {[&](int status, net::Headers got) {
                                        reply.status = status;
                                        reply.headers = std::move(got);
                                      },
                                      [&](std::string_view bytes) { reply.body += bytes; },
                                      [&] { done = true; }, [&](const Error&) { done = true; }});
    EXPECT_TRUE(run_until([&] { return done; }));
    return reply;
  }
  std::string as_person(const std::string& path) {
    return http("GET", path, {{"authorization", "Bearer " + running_->person_token()}}).body;
  }
  // The path of the link of the first question that waits.
  std::string link_path() {
    const auto document = json::parse(as_person("/weir/approvals"));
    const std::string link((*document)["pending"].at_pointer("/0/link").string_or(""));
    const size_t at = link.find("/a/");
    return at == std::string::npos ? link : link.substr(at);
  }
  std::string origin() { return fmt::format("http://127.0.0.1:{}", running_->port()); }
  net::Headers from_page() {
    return {{"origin", origin()}, {"content-type", "application/x-www-form-urlencoded"}};
  }

  net::Loop loop_;
  net::Client client_{loop_};
  std::string dir_;
  std::unique_ptr<Running> running_;
  net::Timer poll_;
  uint64_t decision_ = 0;
};

TEST_F(AsksTest, OneDenialForAllThatWaitAndForWhatComes) {
  start();
  const auto first = ask("s1", asked("mail/send"));
  const auto second = ask("s1", asked("mail/send", "eve*@x.org", "other words"));
  const auto other = ask("s1", asked("mail/send", "amy@x.org"));
  EXPECT_EQ(gateway().queue().questions().size(), 2u);
  ASSERT_TRUE(answer(second->id, Answer::deny));
  ASSERT_TRUE(settled(*first) && settled(*second));
  EXPECT_FALSE(*first->outcome);
  EXPECT_FALSE(*second->outcome);
  EXPECT_EQ(first->outcome->said, "the user was asked and said no");
  EXPECT_FALSE(other->outcome.has_value());
  const auto again = ask("s1", asked("mail/send"));
  EXPECT_EQ(again->id, "");
  EXPECT_EQ(again->error, "the user said no to the same call earlier in this session");
  EXPECT_NE(ask("s2", asked("mail/send"))->id, "") << "another session is another question";
  EXPECT_EQ(answer(first->id, Answer::once).error().code, Code::not_found);
}

TEST_F(AsksTest, OnceLetsOneCallGo) {
  start();
  const auto first = ask("s1", asked("bank/pay"));
  const auto second = ask("s1", asked("bank/pay"));
  const std::string link = link_path();
  ASSERT_TRUE(answer(first->id, Answer::once));
  ASSERT_TRUE(settled(*first));
  EXPECT_TRUE(*first->outcome);
  EXPECT_FALSE(second->outcome.has_value());
  // The same answer given twice by mistake reaches nobody.
  EXPECT_EQ(answer(first->id, Answer::once).error().code, Code::not_found);
  EXPECT_EQ(gateway().queue().questions().front().front()->id, second->id);
  EXPECT_NE(link_path(), link);
  EXPECT_EQ(http("GET", link).status, 404);
  ASSERT_TRUE(answer(second->id, Answer::once));
  ASSERT_TRUE(settled(*second));
  EXPECT_NE(ask("s1", asked("bank/pay"))->id, "") << "a later one asks again";
  EXPECT_TRUE(gateway().grants().empty());
}

TEST_F(AsksTest, ForTheSessionGoesForAllThatWait) {
  start();
  const auto first = ask("s1", asked("mail/send"));
  const auto second = ask("s1", asked("mail/send"));
  ASSERT_TRUE(answer(first->id, Answer::session));
  ASSERT_TRUE(settled(*first) && settled(*second));
  EXPECT_TRUE(*first->outcome && *second->outcome);
  ASSERT_EQ(gateway().grants().size(), 1u);
  EXPECT_EQ(gateway().grants()[0].session, "s1");
}

TEST_F(AsksTest, WhatNoGrantDecidesIsAnsweredOnce) {
  start();
  guard::Verdict verdict = asked("mail/send");
  verdict.grantable = false;
  const auto call = ask("s1", verdict);
  ASSERT_TRUE(answer(call->id, Answer::always));
  ASSERT_TRUE(settled(*call));
  EXPECT_TRUE(*call->outcome);
  EXPECT_TRUE(gateway().grants().empty());
}

TEST_F(AsksTest, AForgottenCallHearsNothing) {
  start();
  auto first = ask("s1", asked("mail/send"));
  const auto second = ask("s1", asked("mail/send"));
  const std::string link = link_path();
  gateway().forget_ask(first->id);
  EXPECT_EQ(link_path(), link) << "the question still waits, and so does its link";
  // Answered, then gone before the answer is on the ledger.
  gateway().answer(second->id, Answer::once, [](const Status&) {});
  gateway().forget_ask(second->id);
  bool written = false;
  gateway().recorder().answer(9, "deny", [&](const Result<uint64_t>&) { written = true; });
  ASSERT_TRUE(run_until([&] { return written; }));
  EXPECT_FALSE(first->outcome.has_value());
  EXPECT_FALSE(second->outcome.has_value());
  EXPECT_EQ(http("GET", link).status, 404);
}

TEST_F(AsksTest, WithoutAPersonItIsListed) {
  start(0);
  EXPECT_EQ(ask("s1", asked("mail/send"))->error, "nobody was asked: ask_timeout is 0s");
  ask("s2", asked("mail/send"));
  EXPECT_NE(as_person("/weir/denied").find(R"("count":2)"), std::string::npos);
  const auto document = json::parse(as_person("/weir/denied"));
  EXPECT_EQ((*document)["denied"].at_pointer("/0/grant").string_or(""),
            "weir grant mail/send --arg '/to=eve\\*@x.org' --release --for 8h");
}

TEST_F(AsksTest, NobodyInTimeIsListedAndAskedAgain) {
  start(50);
  const auto call = ask("s1", asked("mail/send"));
  const std::string link = link_path();
  ASSERT_TRUE(settled(*call));
  EXPECT_EQ(call->outcome->said, "the user was asked, and nobody answered within 50 ms");
  EXPECT_EQ(gateway().asks().missed().all().size(), 1u);
  EXPECT_EQ(http("GET", link).status, 404);
  EXPECT_NE(ask("s1", asked("mail/send"))->id, "");
}

TEST_F(AsksTest, TheListSaysAllThatAPersonNeeds) {
  start();
  decision_ = 41;
  ask("s1", asked("mail/send"));
  ask("s1", asked("mail/send"));
  const auto document = json::parse(as_person("/weir/approvals"));
  ASSERT_EQ((*document)["pending"].size(), 1u);
  const json::Value ask = (*document)["pending"].at_pointer("/0");
  EXPECT_EQ(ask["decision"].integer(), 41);
  EXPECT_EQ(ask["ids"].raw(), R"(["a1","a2"])");
  EXPECT_EQ(ask["values"]["/to"].string_or(""), "eve*@x.org");
  EXPECT_EQ(ask["next"].size(), 4u);
  EXPECT_TRUE(ask["link"].string_or("").starts_with(origin() + "/a/"));
  EXPECT_EQ(ask["link"].string_or("").size(), (origin() + "/a/").size() + 32);
}

TEST_F(AsksTest, ThePageAnswersByPostOnly) {
  start();
  const auto call = ask("s1", asked("mail/send", "<script>eve"));
  const std::string link = link_path();
  for (int i = 0; i < 2; ++i) {
    const Reply page = http("GET", link);
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("&lt;script&gt;eve"), std::string::npos);
    EXPECT_TRUE(page.headers.find("content-security-policy").value_or("").starts_with("default-src 'none'"));
    EXPECT_EQ(page.headers.find("cache-control"), "no-store");
  }
  EXPECT_EQ(http("GET", link + "?answer=once").status, 404);
  EXPECT_EQ(http("HEAD", link).status, 200);
  EXPECT_EQ(http("PUT", link, from_page(), "answer=once").status, 405);
  EXPECT_FALSE(call->outcome.has_value());
  EXPECT_EQ(gateway().queue().pending().size(), 1u);
  const Reply answered = http("POST", link, from_page(), "id=a1&answer=once");
  EXPECT_EQ(answered.status, 200);
  EXPECT_NE(answered.body.find("Answered: once"), std::string::npos);
  ASSERT_TRUE(settled(*call));
  EXPECT_TRUE(*call->outcome);
  EXPECT_EQ(http("POST", link, from_page(), "answer=once").status, 404);
  EXPECT_EQ(http("GET", link).status, 404);
}

TEST_F(AsksTest, OnlyThePageItselfMayPost) {
  start();
  const auto call = ask("s1", asked("mail/send"));
  const std::string link = link_path();
  const auto with = [&](std::string_view name, const std::string& value) {
    net::Headers headers = from_page();
    headers.remove(name);
    if (!value.empty()) headers.set(name, value);
    return http("POST", link, headers, "answer=once").status;
  };
  EXPECT_EQ(with("origin", ""), 403);
  EXPECT_EQ(with("origin", "null"), 403);
  EXPECT_EQ(with("origin", "http://evil.example"), 403);
  EXPECT_EQ(with("origin", fmt::format("http://localhost:{}", running_->port())), 403)
      << "not the page's own";
  EXPECT_EQ(with("origin", fmt::format("http://127.0.0.1:{}", running_->port() + 1)), 403);
  EXPECT_EQ(with("sec-fetch-site", "cross-site"), 403);
  EXPECT_EQ(with("content-type", "text/plain"), 400);
  // A name that was made to point here.
  const std::string evil = fmt::format("evil.example:{}", running_->port());
  EXPECT_EQ(with("host", evil), 404);
  EXPECT_EQ(http("GET", link, {{"host", evil}}).status, 404);
  net::Headers rebound = from_page();
  rebound.set("host", evil);
  rebound.set("origin", "http://" + evil);
  EXPECT_EQ(http("POST", link, rebound, "answer=once").status, 404);
  EXPECT_EQ(http("POST", link, from_page(), "answer=perhaps").status, 400);
  EXPECT_EQ(http("POST", link, from_page(), "").status, 400);
  EXPECT_EQ(http("POST", link, from_page(), "id=a2&answer=once").status, 409) << "not the ask that was shown";
  EXPECT_EQ(gateway().queue().pending().size(), 1u);
  EXPECT_EQ(with("sec-fetch-site", "same-origin"), 200);
  ASSERT_TRUE(settled(*call));
}

TEST_F(AsksTest, WrongTokensLeadNowhere) {
  start();
  const auto call = ask("s1", asked("mail/send"));
  std::string wrong = link_path();
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  EXPECT_EQ(http("GET", wrong).status, 404);
  EXPECT_EQ(http("GET", "/a/").status, 404);
  EXPECT_EQ(http("GET", link_path() + "0").status, 404);
  EXPECT_EQ(http("GET", link_path().substr(0, 20)).status, 404);
  EXPECT_EQ(http("POST", wrong, from_page(), "answer=once").status, 404);
}

TEST_F(AsksTest, NoLinksBeyondLoopback) {
  start(60'000, "0.0.0.0");
  const auto call = ask("s1", asked("mail/send"));
  EXPECT_EQ(link_path(), "");
  EXPECT_EQ(http("GET", "/a/").status, 404);
}

TEST_F(AsksTest, TheCommandIsToldOfEachQuestionOnce) {
  start(60'000, "127.0.0.1", "cat > $$.tmp; echo \"$WEIR_ASK_LINK\" > $$.link; mv $$.tmp $$.ask");
  const auto first = ask("s1", asked("mail/send"));
  const auto second = ask("s1", asked("mail/send"));
  const auto told = [&] {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir_))
      count += entry.path().extension() == ".ask";
    return count;
  };
  ASSERT_TRUE(run_until([&] { return told() == 1; }));
  // One goes; the other is a question again.
  ASSERT_TRUE(answer(first->id, Answer::once));
  EXPECT_TRUE(run_until([&] { return told() == 2; }));
}

}  // namespace
}  // namespace weir::gateway
