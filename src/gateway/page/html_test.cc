#include "gateway/page/html.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/bytes.h"

namespace weir::gateway::page {
namespace {

approval::Card hostile(const std::string& text) {
  json::Writer writer;
  writer.begin_object().field("id", "a1").field("tool", text).field("session", text).field("why", text);
  writer.key("args")
      .begin_object()
      .key("/to")
      .begin_object()
      .field("integrity", "untrusted")
      .field("role", text);
  writer.key("origins").begin_array().string(text).end_array().end_object().end_object();
  writer.key("values").begin_object().field("/to", text).end_object();
  writer.key("pattern").begin_object().field("tool", text).end_object();
  writer.key("next").begin_object().field("once", text).end_object();
  return approval::read_card(json::parse(writer.end_object().take())->root());
}

TEST(AskPage, ShowsTheAskWithFourButtons) {
  const std::string page = ask_page(hostile("mail/send"));
  for (const char* name : {"once", "session", "always", "deny"})
    EXPECT_NE(page.find("name=\"answer\" value=\"" + std::string(name) + "\""), std::string::npos) << name;
  EXPECT_NE(page.find("<li class=\"untrusted\">"), std::string::npos);
  EXPECT_NE(page.find("<form method=\"post\""), std::string::npos);
}

TEST(AskPage, HostileTextStaysText) {
  const std::string page =
      ask_page(hostile("</pre><script>alert(1)</script><img src=x onerror='y' a=\"b\">&amp;\u202e\x1b[0m"));
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  EXPECT_NE(page.find("&#39;y&#39; a=&quot;b&quot;&gt;&amp;amp;\\u{202E}\\u{001B}[0m"), std::string::npos)
      << page;
}

TEST(AskPage, LoadsNothing) {
  const std::string page = ask_page(hostile("x"));
  for (const char* word :
       {"http:", "https:", "url(", "@import", "src=", "href=", "<script", "<link", "<iframe"})
    EXPECT_EQ(page.find(word), std::string::npos) << word;
  // The policy's hash is that of the style as it stands in the page.
  const size_t begin = page.find("<style>") + 7;
  const std::string style = page.substr(begin, page.find("</style>") - begin);
  EXPECT_NE(content_security_policy().find("'sha256-" + to_base64(as_bytes(sha256(style))) + "'"),
            std::string::npos);
  EXPECT_TRUE(content_security_policy().starts_with("default-src 'none'; "));
}

RC_GTEST_PROP(AskPage, NoTextAddsATag, (const std::string& text)) {
  const auto tags = [](const std::string& page) { return std::count(page.begin(), page.end(), '<'); };
  RC_ASSERT(tags(ask_page(hostile(text))) == tags(ask_page(hostile("x"))));
  const std::string page = ask_page(hostile(text));
  RC_ASSERT(is_utf8(page));
}

}  // namespace
}  // namespace weir::gateway::page
